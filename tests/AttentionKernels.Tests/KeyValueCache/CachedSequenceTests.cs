using AttentionKernels.KeyValueCache;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.KeyValueCache;

/// <summary>Sequences grow, fork, share beginnings and leave, over pages of numbers that stand for keys and values.</summary>
[Trait("Speed", "Quick")]
public class CachedSequenceTests
{
    private const int PageSize = 4;
    private readonly List<int> _evicted = [];

    [Fact]
    public void A_sequence_takes_pages_as_it_grows_and_gives_them_back()
    {
        (PagePool pool, _) = Pool(pages: 5);
        var sequence = new CachedSequence(pool, []);

        sequence.Extend(3);
        sequence.Pages.Length.Should().Be(1);
        sequence.Extend(1);
        sequence.Pages.Length.Should().Be(1);
        sequence.Extend(1);
        sequence.Pages.Length.Should().Be(2);
        sequence.Slot(4).Should().Be(sequence.Pages[1] * PageSize);
        sequence.Truncate(4);
        sequence.Pages.Length.Should().Be(1);
        sequence.Dispose();
        sequence.Dispose();

        pool.Allocator.FreePages.Should().Be(5);
    }

    [Fact]
    public void Slots_in_a_row_are_those_of_each_token()
    {
        (PagePool pool, _) = Pool(pages: 5);
        using var other = new CachedSequence(pool, []);
        using var sequence = new CachedSequence(pool, []);
        sequence.Extend(3);
        other.Extend(1);
        sequence.Extend(6);
        long[] slots = [-1, -1, -1, -1, -1, -1, -1];

        sequence.Slots(2, slots);
        sequence.Slots(9, []);

        slots.Should().Equal(Enumerable.Range(2, 7).Select(sequence.Slot));
        slots.Should().OnlyHaveUniqueItems();
        FluentActions.Invoking(() => sequence.Slots(3, slots)).Should().Throw<ArgumentOutOfRangeException>().WithMessage("*has 6 tokens from token 3*").WithParameterName("slots");
        FluentActions.Invoking(() => sequence.Slots(10, [])).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("first");
    }

    [Fact]
    public void A_shared_page_is_copied_before_it_is_written()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 5);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5, 6);

        using CachedSequence fork = sequence.Fork();
        fork.Pages.ToArray().Should().Equal(sequence.Pages.ToArray());
        pool.Allocator.UsedPages.Should().Be(2);
        Append(fork, memory, 70);
        Append(sequence, memory, 7, 8, 9);
        fork.Write(1);
        memory[fork.Slot(1)] = 20;

        Content(sequence, memory).Should().Equal(1, 2, 3, 4, 5, 6, 7, 8, 9);
        Content(fork, memory).Should().Equal(1, 20, 3, 4, 5, 6, 70);
        pool.Allocator.UsedPages.Should().Be(5);
    }

    [Fact]
    public void Room_for_rows_is_in_pages_of_the_sequence_s_own()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 7);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5, 6);
        using CachedSequence fork = sequence.Fork();

        fork.Reserve(3, 8, null);
        Store(fork, memory, 3, [30, 40, 50, 60, 70, 80, 90, 100]);
        int[] pages = fork.Pages.ToArray();
        fork.Reserve(0, 11, null);

        fork.Pages.ToArray().Should().Equal(pages, "no page is shared any more");
        Content(fork, memory).Should().Equal(1, 2, 3, 30, 40, 50, 60, 70, 80, 90, 100);
        Content(sequence, memory).Should().Equal(1, 2, 3, 4, 5, 6);
        pool.Allocator.FreePages.Should().Be(2);
        fork.Reserve(11, 0, null);
        sequence.Reserve(2, 0, null);
        fork.Length.Should().Be(11);
    }

    [Fact]
    public void Rows_that_find_no_room_change_nothing()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 4);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5, 6);
        using CachedSequence fork = sequence.Fork();

        fork.Invoking(full => full.Reserve(3, 6, null)).Should().Throw<CacheCapacityException>("two pages are copied, and one is new");
        fork.Invoking(full => full.Reserve(6, int.MaxValue - 6, null)).Should().Throw<CacheCapacityException>();
        fork.Invoking(wrong => wrong.Reserve(6, int.MaxValue - 5, null)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("first");
        fork.Invoking(wrong => wrong.Reserve(7, 1, null)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("first");
        fork.Invoking(wrong => wrong.Reserve(-1, 1, null)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("first");
        memory.Fails = true;
        fork.Invoking(failing => failing.Reserve(0, 7, null)).Should().Throw<InvalidOperationException>().WithMessage("*copy has failed*");
        memory.Fails = false;

        (fork.Length, fork.Pages.Length, pool.Allocator.FreePages).Should().Be((6, 2, 2));
        fork.Reserve(4, 4, null);
        (fork.Length, pool.Allocator.FreePages).Should().Be((8, 1));
        Content(sequence, memory).Should().Equal(1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void Tokens_that_are_stored_anew_are_found_only_before_they_were_committed()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 6);
        int[] prompt = [1, 2, 3, 4, 5, 6, 7, 8, 9];
        using var sequence = new CachedSequence(pool, []);
        sequence.Extend((ReadOnlySpan<int>)prompt);

        // As the layers of a step do.
        sequence.Reserve(0, 9, null);
        Store(sequence, memory, 0, prompt);
        sequence.Reserve(0, 9, null);
        sequence.Commit();
        Found().Should().Be(8);
        sequence.Reserve(5, 1, null);
        Store(sequence, memory, 5, [60]);
        sequence.Commit();

        Found().Should().Be(4);

        int Found()
        {
            using var other = new CachedSequence(pool, []);
            other.Begin(prompt);
            return other.Length;
        }
    }

    [Fact]
    public void Missing_pages_change_nothing()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 3, hostPages: 1);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5, 6);
        using CachedSequence fork = sequence.Fork();

        fork.PagesToExtend(3).Should().Be(2, "the last page is shared, and one more is needed");
        fork.Invoking(full => full.Extend(3)).Should().Throw<CacheCapacityException>().Which.AvailablePages.Should().Be(1);
        fork.Invoking(full => full.SwapOut()).Should().Throw<CacheCapacityException>().WithMessage("2 pages of host memory*1 are available*");
        fork.Invoking(wrong => wrong.Extend(-1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("count");
        fork.Invoking(wrong => wrong.Extend(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("count");
        fork.Invoking(wrong => wrong.PagesToExtend(int.MaxValue - 5)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("tokens");
        fork.Invoking(full => full.Extend(int.MaxValue - 6)).Should().Throw<CacheCapacityException>();
        fork.Invoking(wrong => wrong.Truncate(7)).Should().Throw<ArgumentOutOfRangeException>();
        fork.Invoking(wrong => wrong.Slot(6)).Should().Throw<ArgumentOutOfRangeException>();
        fork.Invoking(wrong => wrong.Write(6)).Should().Throw<ArgumentOutOfRangeException>();
        fork.Invoking(wrong => wrong.SwapIn()).Should().Throw<InvalidOperationException>();

        (fork.Length, fork.Pages.Length, pool.Allocator.FreePages).Should().Be((6, 2, 1));
        Append(fork, memory, 7, 8);
        Content(fork, memory).Should().Equal(1, 2, 3, 4, 5, 6, 7, 8);
        Content(sequence, memory).Should().Equal(1, 2, 3, 4, 5, 6);
    }

    [Fact]
    public void A_swapped_sequence_comes_back_and_cannot_be_used_meanwhile()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 2, hostPages: 2);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5);

        sequence.SwapOut();

        pool.Allocator.FreePages.Should().Be(2);
        sequence.Pages.Length.Should().Be(0);
        sequence.Length.Should().Be(5);
        sequence.Invoking(swapped => swapped.Extend(1)).Should().Throw<InvalidOperationException>().WithMessage("*swapped out*");
        sequence.Invoking(swapped => swapped.Fork()).Should().Throw<InvalidOperationException>();
        sequence.Invoking(swapped => swapped.Slot(0)).Should().Throw<InvalidOperationException>();
        int taken = pool.Allocator.Allocate();
        sequence.Invoking(swapped => swapped.SwapIn()).Should().Throw<CacheCapacityException>();
        memory.PoisonPage(taken);
        memory.PoisonPage(1 - taken);
        pool.Allocator.Release(taken);

        sequence.SwapIn();

        Content(sequence, memory).Should().Equal(1, 2, 3, 4, 5);
        pool.HostAllocator.FreePages.Should().Be(2);
        sequence.SwapOut();
        sequence.Dispose();
        (pool.HostAllocator.FreePages, pool.Allocator.FreePages).Should().Be((2, 2));
        sequence.Invoking(disposed => disposed.Extend(1)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_copy_that_fails_loses_no_page()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 6, hostPages: 3);
        using var sequence = new CachedSequence(pool, []);
        Append(sequence, memory, 1, 2, 3, 4, 5);
        using CachedSequence fork = sequence.Fork();
        Action[] operations = [() => fork.Extend(1), () => fork.Write(0), () => fork.SwapOut()];

        foreach (Action operation in operations)
            Refused(operation);
        (fork.Length, fork.Pages.Length, fork.IsSwappedOut, pool.Allocator.UsedPages, pool.HostAllocator.UsedPages).Should().Be((5, 2, false, 2, 0));
        fork.SwapOut();
        Refused(() => fork.SwapIn());
        (fork.Length, fork.IsSwappedOut, pool.Allocator.UsedPages, pool.HostAllocator.UsedPages).Should().Be((5, true, 2, 2));
        fork.SwapIn();

        Append(fork, memory, 6);
        Content(fork, memory).Should().Equal(1, 2, 3, 4, 5, 6);

        void Refused(Action operation)
        {
            memory.Fails = true;
            operation.Should().Throw<InvalidOperationException>().WithMessage("The copy has failed.");
            memory.Fails = false;
        }
    }

    [Fact]
    public void A_swapped_sequence_needs_all_of_its_pages_again_to_grow()
    {
        (PagePool pool, _) = Pool(pages: 3, hostPages: 3);
        var sequence = new CachedSequence(pool, []);
        sequence.Extend(7);
        sequence.PagesToExtend(2).Should().Be(1);

        sequence.SwapOut();

        sequence.PagesToExtend(0).Should().Be(2);
        sequence.PagesToExtend(2).Should().Be(3);
        sequence.Dispose();
        sequence.Invoking(disposed => disposed.PagesToExtend(1)).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void Whoever_is_told_of_an_eviction_may_throw_and_nothing_is_lost()
    {
        bool refuses = true;
        var memory = new RecordedPages(3, 0, PageSize);
        var pool = new PagePool(3, PageSize, 0, 0, sharesPrefixes: true, memory, page =>
        {
            _evicted.Add(page);
            if (refuses && _evicted.Count == 2)
                throw new NotSupportedException("No.");
        });
        CachedSequence old = Start(pool, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        AppendKnown(old, memory, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        old.Dispose();
        using var greedy = new CachedSequence(pool, []);

        greedy.Invoking(sequence => sequence.Extend(12)).Should().Throw<NotSupportedException>();

        (greedy.Length, greedy.Pages.Length, pool.Allocator.UsedPages, pool.Allocator.AvailablePages).Should().Be((0, 0, 0, 3));
        pool.Prefixes!.Statistics.Evictions.Should().Be(1);
        refuses = false;
        Append(greedy, memory, [.. Enumerable.Range(100, 12)]);
        Content(greedy, memory).Should().Equal(Enumerable.Range(100, 12));
        greedy.Pages.ToArray().Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void A_sequence_that_came_back_can_be_found_though_its_first_pages_were_given_up()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 3, hostPages: 3);
        using CachedSequence sequence = Start(pool, 1, 2, 3, 4, 5);
        AppendKnown(sequence, memory, 1, 2, 3, 4, 5);
        sequence.SwapOut();
        using (var greedy = new CachedSequence(pool, []))
        {
            Append(greedy, memory, [.. Enumerable.Range(100, 12)]);
            _evicted.Should().ContainSingle();
        }

        sequence.SwapIn();

        using CachedSequence found = Start(pool, 1, 2, 3, 4, 6);
        found.Length.Should().Be(4);
        Content(found, memory).Should().Equal(1, 2, 3, 4);
        found.Pages[0].Should().Be(sequence.Pages[0]);
    }

    [Fact]
    public void Sequences_that_begin_alike_share_full_pages()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 10);
        using CachedSequence first = Start(pool, 1, 2, 3, 4, 5, 6, 7, 8, 9);
        AppendKnown(first, memory, 1, 2, 3, 4, 5, 6, 7, 8, 9);

        using CachedSequence second = Start(pool, 1, 2, 3, 4, 5, 6, 7, 8);
        using CachedSequence third = Start(pool, 1, 2, 3, 4, 50, 6, 7, 8, 9);
        using CachedSequence other = Start(pool, 1, 2, 3, 4);
        using var salted = new CachedSequence(pool, [1]);
        salted.Begin([1, 2, 3, 4, 5]);

        second.Length.Should().Be(4, "the last token is to be computed, and with it its page");
        third.Length.Should().Be(4, "the second page begins otherwise");
        other.Length.Should().Be(0);
        salted.Length.Should().Be(0);
        Content(second, memory).Should().Equal(1, 2, 3, 4);
        pool.Allocator.References(first.Pages[0]).Should().Be(3);
        pool.Prefixes!.Statistics.Should().Be(new PrefixStatistics(9 + 8 + 9 + 4 + 5, 8, 2, 0));
    }

    [Fact]
    public void Kept_pages_are_given_up_when_others_need_them_the_longest_unused_first()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 4);
        CachedSequence old = Start(pool, 1, 2, 3, 4, 5);
        AppendKnown(old, memory, 1, 2, 3, 4, 5);
        old.Dispose();
        CachedSequence recent = Start(pool, 11, 12, 13, 14, 15);
        AppendKnown(recent, memory, 11, 12, 13, 14, 15);
        recent.Dispose();
        (pool.Allocator.FreePages, pool.Allocator.AvailablePages, pool.Allocator.UsedPages).Should().Be((2, 4, 0));

        using var greedy = new CachedSequence(pool, []);
        Append(greedy, memory, [.. Enumerable.Range(100, 12)]);

        _evicted.Should().ContainSingle();
        using CachedSequence lost = Start(pool, 1, 2, 3, 4, 5);
        using CachedSequence found = Start(pool, 11, 12, 13, 14, 15);
        (lost.Length, found.Length).Should().Be((0, 4));
        Content(found, memory).Should().Equal(11, 12, 13, 14);
        greedy.Invoking(full => full.Extend(1)).Should().Throw<CacheCapacityException>("the page that was found is in use again");
    }

    [Fact]
    public void A_page_that_is_written_again_is_no_longer_found()
    {
        (PagePool pool, RecordedPages memory) = Pool(pages: 6);
        using CachedSequence sequence = Start(pool, 1, 2, 3, 4, 5);
        AppendKnown(sequence, memory, 1, 2, 3, 4, 5);

        sequence.Truncate(2);
        AppendKnown(sequence, memory, 30, 40, 50);

        using CachedSequence before = Start(pool, 1, 2, 3, 4, 5);
        using CachedSequence after = Start(pool, 1, 2, 30, 40, 50);
        (before.Length, after.Length).Should().Be((0, 4));
        Content(after, memory).Should().Equal(1, 2, 30, 40);
    }

    [Fact]
    public void A_step_allocates_nothing_on_the_heap()
    {
        (PagePool pool, _) = Pool(pages: 100);
        using var sequence = new CachedSequence(pool, []);
        sequence.Extend(300);
        sequence.Truncate(1);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 0; step < 200; step++)
            sequence.Extend(1);

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0);
    }

    [Fact]
    public void A_step_of_known_tokens_allocates_what_it_remembers_of_them_at_most()
    {
        (PagePool pool, _) = Pool(pages: 500);
        using CachedSequence sequence = Start(pool);
        int[] tokens = [.. Enumerable.Range(0, 1000)];
        sequence.Extend((ReadOnlySpan<int>)tokens);
        sequence.Commit();
        sequence.Truncate(1);
        pool.Prefixes!.Remove(sequence.Pages[0]);

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int step = 1; step < 100; step++)
        {
            sequence.Extend((ReadOnlySpan<int>)[step]);
            sequence.Commit();
        }

        (GC.GetAllocatedBytesForCurrentThread() - before).Should().Be(0, "lists and pages have their room from before");
    }

    private (PagePool Pool, RecordedPages Memory) Pool(int pages, int hostPages = 0)
    {
        var memory = new RecordedPages(pages, hostPages, PageSize);
        return (new PagePool(pages, PageSize, hostPages, 0, sharesPrefixes: true, memory, _evicted.Add), memory);
    }

    private static CachedSequence Start(PagePool pool, params int[] prompt)
    {
        var sequence = new CachedSequence(pool, []);
        sequence.Begin(prompt);
        return sequence;
    }

    private static void Append(CachedSequence sequence, RecordedPages memory, params int[] tokens)
    {
        int first = sequence.Length;
        sequence.Extend(tokens.Length);
        Store(sequence, memory, first, tokens);
    }

    private static void AppendKnown(CachedSequence sequence, RecordedPages memory, params int[] tokens)
    {
        int first = sequence.Length;
        sequence.Extend((ReadOnlySpan<int>)tokens);
        Store(sequence, memory, first, tokens);
        sequence.Commit();
    }

    private static void Store(CachedSequence sequence, RecordedPages memory, int first, int[] tokens)
    {
        for (int token = 0; token < tokens.Length; token++)
            memory[sequence.Slot(first + token)] = tokens[token];
    }

    private static int[] Content(CachedSequence sequence, RecordedPages memory) =>
        [.. Enumerable.Range(0, sequence.Length).Select(token => memory[sequence.Slot(token)])];
}
