using AttentionKernels.MicroKernels.Warp;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>Where lanes find what they load, and that no eight of them meet in a bank of shared memory.</summary>
[Trait("Speed", "Quick")]
public class SwizzledLaneTests
{
    private const int Rows = 64;
    private const int PageBytes = Rows * SwizzledLane.RowBytes;

    // Shared memory has 32 banks of 4 bytes; eight lanes take 16 bytes each at a time.
    private const int BankBytes = 128;
    private const int ChunkBytes = 16;

    public static TheoryData<int> Steps => [.. Enumerable.Range(0, 16)];

    [Theory, MemberData(nameof(Steps))]
    public void A_lane_of_rows_finds_its_row_of_a_block(int step) => Verify(
        step, SwizzledLane.OfRows, lane => lane % 16, lane => lane / 16);

    [Theory, MemberData(nameof(Steps))]
    public void A_lane_of_columns_finds_its_row_of_a_block(int step) => Verify(
        step, SwizzledLane.OfColumns, lane => (lane % 8) + (lane / 16 * 8), lane => lane / 8 % 2);

    [Theory, MemberData(nameof(Steps))]
    public void A_lane_of_an_accumulator_finds_its_numbers(int step)
    {
        for (int lane = 0; lane < 32; lane++)
        {
            SwizzledLane place = SwizzledLane.OfAccumulator(0, PageBytes, lane);
            for (int half = 0; half < 2; half++)
            {
                place.Step(step, half).Should().Be(Address(lane / 4, (2 * step) + half) + (4 * (lane % 4)));
                place.Down(24).Step(step, half).Should().Be(Address((lane / 4) + 24, (2 * step) + half) + (4 * (lane % 4)));
            }
        }
    }

    [Fact]
    public void A_copy_stores_each_chunk_once_and_none_beyond_the_columns()
    {
        int[] addresses = [.. Enumerable.Range(0, TileCopy.Threads).Select(thread => TileCopy.Of(0, PageBytes, 80, 80, thread, TileCopy.Bytes, isAligned: true).Address)];

        addresses.Should().Equal(Enumerable.Range(0, TileCopy.Threads).Select(thread => Address(thread / 8, thread % 8)));
        Conflicts(addresses).Should().Be(0);
    }

    private static void Verify(int step, Func<int, int, int, SwizzledLane> lanes, Func<int, int> row, Func<int, int> chunk)
    {
        int[] addresses = [.. Enumerable.Range(0, 32).Select(lane => lanes(0, PageBytes, lane).Down(16).Step(step))];

        addresses.Should().Equal(Enumerable.Range(0, 32).Select(lane => Address(row(lane) + 16, (2 * step) + chunk(lane))));
        Conflicts(addresses).Should().Be(0);
    }

    // The layout as it is defined.
    private static int Address(int row, int chunk) =>
        (chunk / 8 * PageBytes) + (row * BankBytes) + (((chunk % 8) ^ (row % 8)) * ChunkBytes);

    // How many of eight lanes' accesses come to banks that another has.
    private static int Conflicts(int[] addresses) =>
        addresses.Chunk(8).Sum(lanes => lanes.Length - lanes.Select(address => address % BankBytes / ChunkBytes).Distinct().Count());
}
