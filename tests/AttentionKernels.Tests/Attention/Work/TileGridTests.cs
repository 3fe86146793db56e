using AttentionKernels.Attention.Work;
using CsCheck;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention.Work;

/// <summary>The tiles of an item cover it, each part once.</summary>
[Trait("Speed", "Quick")]
public class TileGridTests
{
    private static readonly Gen<TileGrid> _grids = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 4], Gen.Int[1, 4], Gen.Int[1, 100], Gen.Int[0, 3], Gen.Int[0, 1]).Select(
        (rows, heads, splits, length, state, turns) => new TileGrid(rows, heads) { Splits = splits, SplitLength = length, FirstState = state, HeadsTakeTurns = (byte)turns });

    [Fact]
    public void Every_row_tile_of_every_head_meets_every_key_once() => Gen.Select(_grids, Gen.Int[0, 400]).Sample((grid, keys) =>
    {
        var item = new WorkItem { Keys = Math.Min(keys, grid.Splits * grid.SplitLength) };
        WorkTile[] tiles = Tiles(grid);

        tiles.GroupBy(tile => (tile.Head, tile.RowTile)).Should().HaveCount(grid.Heads * grid.RowTiles).And.OnlyContain(own =>
            own.SelectMany(tile => Keys(tile, item)).SequenceEqual(Enumerable.Range(0, item.Keys)));
        tiles.Should().OnlyContain(tile => tile.Head >= 0 && tile.Head < grid.Heads && tile.RowTile >= 0 && tile.RowTile < grid.RowTiles);
    });

    [Fact]
    public void Each_range_of_keys_writes_a_state_of_its_own_and_merges_take_all_of_them() => _grids.Sample(grid =>
    {
        Tiles(grid).GroupBy(tile => (tile.Head, tile.RowTile)).Should().OnlyContain(own =>
            own.Select(tile => tile.State).SequenceEqual(Enumerable.Range(grid.FirstState, grid.Splits)));

        TileGrid merges = grid.OfMerges();
        merges.Count.Should().Be(grid.Heads * grid.RowTiles);
        Tiles(merges).Should().OnlyContain(tile => tile.State == grid.FirstState + grid.Splits - 1);
    });

    [Fact]
    public void The_last_rows_come_first_and_neighbours_in_rows_are_neighbours() =>
        Tiles(new TileGrid(3, 2) { Splits = 2, SplitLength = 64 }).Select(tile => (tile.FirstKey, tile.Head, tile.RowTile)).Should().Equal(
            (0, 0, 2), (0, 0, 1), (0, 0, 0), (0, 1, 2), (0, 1, 1), (0, 1, 0), (64, 0, 2), (64, 0, 1), (64, 0, 0), (64, 1, 2), (64, 1, 1), (64, 1, 0));

    [Fact]
    public void Heads_that_take_turns_begin_with_their_last_rows() =>
        Tiles(new TileGrid(2, 3) { HeadsTakeTurns = 1 }).Select(tile => (tile.Head, tile.RowTile)).Should().Equal((0, 1), (1, 1), (2, 1), (0, 0), (1, 0), (2, 0));

    // Row tile r of a causal mask takes r + 1 steps; 216 is what an A100 runs at a time, 264 an H100.
    [Theory]
    [InlineData(32, 16, 216)]
    [InlineData(32, 16, 264)]
    [InlineData(32, 32, 264)]
    [InlineData(64, 16, 216)]
    [InlineData(16, 64, 264)]
    public void A_gpu_s_workers_end_at_about_the_same_time(int heads, int rows, int workers)
    {
        long steps = heads * Enumerable.Range(1, rows).Sum();

        Makespan(new TileGrid(rows, heads) { HeadsTakeTurns = 1 }, workers).Should().BeLessThanOrEqualTo((long)(1.1 * steps / workers));
        Makespan(new TileGrid(rows, heads), workers).Should().BeGreaterThan((long)(1.2 * steps / workers), "head after head leaves long tiles to the end");
    }

    [Fact]
    public void A_range_without_an_end_is_all_keys()
    {
        WorkTile tile = new TileGrid(1, 1).At(0);

        Keys(tile, new WorkItem { Keys = 5 }).Should().Equal(0, 1, 2, 3, 4);
        tile.Keys(new WorkItem { Keys = int.MaxValue }).End.Should().Be(int.MaxValue);
    }

    [Fact]
    public void Ranges_that_begin_behind_all_keys_that_32_bits_count_are_empty() => Gen.Int[0, 39999].Sample(split =>
    {
        WorkTile tile = new TileGrid(1, 1) { Splits = 40000, SplitLength = 53696 }.At(split);

        tile.FirstKey.Should().Be((int)Math.Min(split * 53696L, int.MaxValue));
        tile.EndKey.Should().Be((int)Math.Min((split + 1) * 53696L, int.MaxValue));
        Keys(tile, new WorkItem { Keys = 3 }).Count().Should().Be(split == 0 ? 3 : 0);
    });

    // Each worker takes the next tile when it has done its last one.
    private static long Makespan(TileGrid grid, int workers)
    {
        var free = new PriorityQueue<long, long>(Enumerable.Repeat((0L, 0L), workers));
        long last = 0;
        foreach (WorkTile tile in Tiles(grid))
        {
            long end = free.Dequeue() + tile.RowTile + 1;
            free.Enqueue(end, end);
            last = Math.Max(last, end);
        }

        return last;
    }

    private static WorkTile[] Tiles(TileGrid grid) => [.. Enumerable.Range(0, (int)grid.Count).Select(index => grid.At(index))];

    private static IEnumerable<int> Keys(WorkTile tile, WorkItem item)
    {
        KeyRange keys = tile.Keys(item);
        return Enumerable.Range(keys.First, keys.End - keys.First);
    }
}
