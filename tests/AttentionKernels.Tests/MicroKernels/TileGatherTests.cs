using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>Gathered rows and blocks are what they were, bit for bit, and what is not finite is found wherever it is.</summary>
[Trait("Speed", "Quick")]
public class TileGatherTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Rows, int Count, int SourcePadding, int TargetPadding)[] _shapes =
    [
        .. Enumerable.Range(1, 70).Select(count => ((count % 5) + 1, count, count % 4, count % 3)),
        (64, 128, 7, 0), (63, 129, 0, 5), (1, 256, 1, 1),
    ];

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Rows_are_copied_and_nothing_between_them_is_written(Backend backend)
    {
        var memory = new CallMemory();
        var calls = new List<(int Source, int Target)>();
        foreach ((int rows, int count, int sourcePadding, int targetPadding) in _shapes)
        {
            int source = memory.PlaceRows(calls.Count, rows, count + sourcePadding, count);
            int target = memory.PlaceRows(calls.Count + 1000, rows, count + targetPadding, count);
            memory.OutputRows(target, rows, count + targetPadding, count);
            memory.Call(source, target, memory.PlaceOffsets(rows, count + sourcePadding), count + targetPadding, rows, count);
            calls.Add((source, target));
        }

        // Rows have no width of their own.
        float[] after = memory.Run<GatherRows<StoredFp32>>(Device(backend), 4);

        foreach (((int source, int target), (int rows, int count, int sourcePadding, int targetPadding)) in calls.Zip(_shapes))
        {
            for (int row = 0; row < rows; row++)
            {
                after.AsSpan(target + (row * (count + targetPadding)), count).ToArray()
                    .Should().Equal(after.AsSpan(source + (row * (count + sourcePadding)), count).ToArray(), "of {0} × {1}", rows, count);
            }
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Columns_are_rows_transposed_and_nothing_between_them_is_written(Backend backend)
    {
        var memory = new CallMemory();
        var calls = new List<(int Source, int Target)>();
        foreach ((int rows, int count, int sourcePadding, int targetPadding) in _shapes)
        {
            // Every other number of a row.
            int source = memory.PlaceRows(calls.Count, rows, (2 * count) + sourcePadding, 2 * count);
            int target = memory.PlaceRows(calls.Count + 1000, count, rows + targetPadding, rows);
            memory.OutputRows(target, count, rows + targetPadding, rows);
            memory.Call(source, target, memory.PlaceOffsets(rows, (2 * count) + sourcePadding), 2, rows + targetPadding, rows, count);
            calls.Add((source, target));
        }

        float[] after = memory.Run<GatherColumns>(Device(backend), 4);

        foreach (((int source, int target), (int rows, int count, int sourcePadding, int targetPadding)) in calls.Zip(_shapes))
        {
            for (int column = 0; column < count; column++)
            {
                after.AsSpan(target + (column * (rows + targetPadding)), rows).ToArray().Should().Equal(
                    Enumerable.Range(0, rows).Select(row => after[source + (row * ((2 * count) + sourcePadding)) + (2 * column)]), "of {0} × {1}", rows, count);
            }
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Blocks_hold_the_columns_and_the_last_is_filled_up_with_zeros(Backend backend, int lanes)
    {
        int width = lanes == 16 ? 8 : 4;
        var memory = new CallMemory();
        var calls = new List<(int Source, int Target, int Flag)>();
        foreach ((int rows, int count, int sourcePadding, int targetPadding) in _shapes)
        {
            int blocks = (count + width - 1) / width;
            int blockStride = (rows * width) + targetPadding;
            int source = memory.PlaceRows(calls.Count, rows, count + sourcePadding, count);
            int target = memory.PlaceRows(calls.Count + 1000, blocks, blockStride, rows * width);
            int flag = memory.Output(memory.Place(1f), 1);
            memory.OutputRows(target, blocks, blockStride, rows * width);
            memory.Call(source, target, flag, memory.PlaceOffsets(rows, count + sourcePadding), blockStride, rows, count);
            calls.Add((source, target, flag));
        }

        float[] after = memory.Run<GatherBlocks<StoredFp32>>(Device(backend), lanes);

        foreach (((int source, int target, int flag), (int rows, int count, int sourcePadding, int targetPadding)) in calls.Zip(_shapes))
        {
            for (int block = 0; block * width < count; block++)
            {
                after.AsSpan(target + (block * ((rows * width) + targetPadding)), rows * width).ToArray()
                    .Should().Equal(
                        Enumerable.Range(0, rows * width).Select(index => (Row: index / width, Column: (block * width) + (index % width)))
                            .Select(at => at.Column < count ? after[source + (at.Row * (count + sourcePadding)) + at.Column] : 0f),
                        "block {0} of {1} × {2}", block, rows, count);
            }

            after[flag].Should().Be(0f, "all {0} × {1} elements are finite, and NaN lies only between the rows", rows, count);
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Blocks_report_an_element_that_is_not_finite_wherever_it_is(Backend backend, int lanes)
    {
        const int Rows = 3;
        const int Count = 21;
        int width = lanes == 16 ? 8 : 4;
        int length = (Count + width - 1) / width * width * Rows;
        var memory = new CallMemory();
        var flags = new List<int>();
        float[] finite = RandomData.Normal(1, Rows * Count);
        finite[0] = float.MaxValue;
        finite[^1] = -float.MaxValue;
        foreach (float special in new[] { float.NaN, float.PositiveInfinity, float.NegativeInfinity })
        {
            for (int position = 0; position < finite.Length; position++)
            {
                int source = memory.Place(finite.Select((element, index) => index == position ? special : element));
                int target = memory.Output(memory.Place(new float[length]), length);
                flags.Add(memory.Output(memory.Place(1f), 1));
                memory.Call(source, target, flags[^1], memory.PlaceOffsets(Rows, Count), Rows * width, Rows, Count);
            }
        }

        float[] after = memory.Run<GatherBlocks<StoredFp32>>(Device(backend), lanes);

        flags.Select(flag => after[flag]).Should().AllSatisfy(flag => flag.Should().Be(float.NaN));
    }
}
