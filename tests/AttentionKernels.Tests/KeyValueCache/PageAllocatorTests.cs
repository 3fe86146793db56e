using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Pages are never owned twice, and come back.</summary>
[Trait("Speed", "Quick")]
public class PageAllocatorTests
{
    [Fact]
    public void Pages_are_distinct_until_none_is_left()
    {
        var allocator = new PageAllocator(5, watermark: 2);

        int[] pages = [allocator.Allocate(), allocator.Allocate(), 0, 0, 0];
        allocator.CanAllocate(1).Should().BeTrue();
        allocator.CanAllocate(2).Should().BeFalse("two pages are to be left over");
        allocator.Allocate(pages.AsSpan(2));

        pages.Order().Should().Equal(0, 1, 2, 3, 4);
        allocator.FreePages.Should().Be(0);
        allocator.UsedPages.Should().Be(5);
        allocator.Invoking(full => full.Allocate()).Should().Throw<CacheCapacityException>().WithMessage("1 pages of the cache*0 are available*");
    }

    [Fact]
    public void Too_many_pages_are_refused_without_effect()
    {
        var allocator = new PageAllocator(3);
        allocator.Allocate();
        int[] pages = [-7, -7, -7];

        CacheCapacityException refused = allocator.Invoking(full => full.Allocate(pages)).Should().Throw<CacheCapacityException>().Which;

        (refused.RequestedPages, refused.AvailablePages).Should().Be((3, 2));
        pages.Should().Equal(-7, -7, -7);
        allocator.FreePages.Should().Be(2);
        allocator.Allocate(pages.AsSpan(0, 2));
        allocator.FreePages.Should().Be(0);
    }

    [Fact]
    public void A_page_is_free_when_its_last_reference_is_released()
    {
        var allocator = new PageAllocator(2);
        int page = allocator.Allocate();
        allocator.Share(page);

        allocator.References(page).Should().Be(2);
        allocator.Release(page).Should().BeFalse();
        allocator.FreePages.Should().Be(1);
        allocator.Release(page).Should().BeTrue();
        allocator.FreePages.Should().Be(2);
    }

    [Fact]
    public void Wrong_calls_are_refused_without_effect()
    {
        var allocator = new PageAllocator(2);
        int page = allocator.Allocate();
        int other = 1 - page;

        allocator.Invoking(wrong => wrong.Release(other)).Should().Throw<ArgumentException>().WithMessage($"Page {other} has no reference*");
        allocator.Invoking(wrong => wrong.Share(other)).Should().Throw<ArgumentException>().WithMessage($"Page {other} is free*");
        allocator.Invoking(wrong => wrong.Release(2)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*pages 0 to 1*");
        allocator.Invoking(wrong => wrong.References(-1)).Should().Throw<ArgumentOutOfRangeException>();
        FluentActions.Invoking(() => new PageAllocator(2, watermark: 3)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*watermark*");
        FluentActions.Invoking(() => new PageAllocator(-1)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*pages*");

        (allocator.FreePages, allocator.References(page), allocator.References(other)).Should().Be((1, 1, 0));
    }

    [Fact]
    public void A_page_that_the_reclaimer_does_not_keep_is_not_taken_from_it()
    {
        var reclaimer = new WrongReclaimer();
        var allocator = new PageAllocator(3, reclaimer: reclaimer);
        int[] pages = [0, 0, 0];
        allocator.Allocate(pages);
        allocator.Release(pages[0]);

        foreach (int wrong in (int[])[pages[1], 3, -1])
        {
            reclaimer.Next = wrong;
            allocator.Invoking(from => from.Allocate()).Should().Throw<InvalidOperationException>().WithMessage($"The reclaimer gave up page {wrong}, which it does not keep.");
            allocator.References(pages[1]).Should().Be(1);
        }

        reclaimer.Next = pages[0];
        allocator.Allocate().Should().Be(pages[0]);
    }

    [Fact]
    public void Nothing_is_allocated_on_the_heap()
    {
        var allocator = new PageAllocator(100);
        int[] pages = new int[50];
        Step();

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
            Step();

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);

        void Step()
        {
            allocator.Allocate(pages);
            foreach (int page in pages)
                allocator.Release(page);
        }
    }

    // Keeps every page, and gives up whatever it is told to.
    private sealed class WrongReclaimer : IPageReclaimer
    {
        public int Next { get; set; }

        public int ReclaimablePages => 1;

        public bool Retain(int page) => true;

        public void Revive(int page)
        {
        }

        public int Reclaim() => Next;
    }
}
