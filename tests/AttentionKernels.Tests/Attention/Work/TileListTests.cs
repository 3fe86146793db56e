using AttentionKernels.Attention.Work;
using AttentionKernels.Tests.Infrastructure;
using CsCheck;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Attention.Work;

/// <summary>Lists of tiles hold what the closed form has, and go to the device only where they changed.</summary>
[Trait("Speed", "Quick")]
public class TileListTests(TestDevices devices) : DeviceTests(devices)
{
    [Fact]
    public void Sequences_that_are_all_alike_are_listed_as_the_closed_form_has_them()
    {
        AttentionDevice device = Device(Backend.Cpu);
        using var list = new TileList(device, capacity: 3);
        Gen.Select(Gen.Int[0, 4], Gen.Int[0, 20], Gen.Int[1, 3], Gen.Int[1, 3], Gen.Bool).Sample(
            (batch, queries, heads, splits, hasStates) =>
            {
                var grid = new TileGrid(queries, heads) { Splits = splits, SplitLength = 32 };
                var work = new UniformWork { Queries = queries, Keys = 50, Grid = grid, HasStates = hasStates ? 1 : 0 };
                PlannedItem[] items = [.. Enumerable.Range(0, batch).Select(sequence =>
                    new PlannedItem(UniformWork.Item(work, sequence)) { Splits = splits, StateRow = hasStates ? sequence * queries : -1 })];

                list.Plan(items, _ => grid);

                Listed(device, list).Should().Equal(Enumerable.Range(0, batch * (int)grid.Count).Select(tile => UniformWork.Tile(work, tile)));
            },
            iter: 200, threads: 1);
    }

    [Theory, EachBackend]
    public void Items_have_as_many_tiles_as_their_queries_need_and_none_where_there_is_nothing_to_do(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var list = new TileList(device, capacity: 3);

        list.Plan(Items(3, 0, 1, 2), item => new TileGrid(item.Item.Queries == 1 ? 0 : item.Item.Queries, 2));

        Listed(device, list).Select(tile => (tile.Item, tile.Head, tile.RowTile)).Should().Equal(
            (0, 0, 2), (0, 0, 1), (0, 0, 0), (0, 1, 2), (0, 1, 1), (0, 1, 0), (3, 0, 1), (3, 0, 0), (3, 1, 1), (3, 1, 0));
    }

    [Theory, EachBackend]
    public void Tiles_are_copied_only_where_they_changed_and_there_may_be_more_than_ever_before(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var list = new TileList(device, capacity: 3);
        list.Plan(Items(1, 2), Rows);
        ArrayView<WorkTile> uploaded = list.Upload(device.DefaultStream);
        device.Synchronize();
        uploaded.MemSetToZero(device.DefaultStream);
        device.Synchronize();

        list.Plan(Items(1, 2), Rows);
        Listed(device, list).Should().OnlyContain(tile => tile.Equals(default(WorkTile)), "nothing changed, so that nothing was copied over the zeros");

        list.Plan(Items(2, 2), Rows);
        Listed(device, list).Select(tile => tile.Item).Should().Equal(0, 0, 1, 1);
        list.Plan(Items(5000, 0, 2), Rows);
        Listed(device, list).Select(tile => (tile.Item, tile.RowTile)).Should().Equal(
            [.. Enumerable.Range(0, 5000).Reverse().Select(row => (0, row)), (2, 1), (2, 0)]);
        list.Plan(Items(1), Rows);
        Listed(device, list).Select(tile => (tile.Item, tile.RowTile)).Should().Equal((0, 0));
        list.Plan([], Rows);
        Listed(device, list).Should().BeEmpty();
    }

    private static TileGrid Rows(PlannedItem item) => new(item.Item.Queries, 1);

    private static PlannedItem[] Items(params int[] queries) =>
        [.. queries.Select((count, sequence) => new PlannedItem(new WorkItem { Sequence = sequence, Queries = count }))];

    private static WorkTile[] Listed(AttentionDevice device, TileList list)
    {
        ArrayView<WorkTile> tiles = list.Upload(device.DefaultStream);
        tiles.Length.Should().Be(list.Count);
        return new TensorView<WorkTile>(tiles, [list.Count]).ToArray();
    }
}
