using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The products with a panel against fp64, for counts and dimensions around blocks and widths, whatever rows they ask for on the way.</summary>
[Trait("Speed", "Quick")]
public class PackedGemmTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Count, int Dimension, int Padding)[] _shapes =
    [
        .. Enumerable.Range(1, 18).Select(count => (count, (count * 5 % 13) + 1, count % 4)),
        .. Enumerable.Range(1, 70).Select(dimension => ((dimension % 9) + 1, dimension, dimension % 3)),
        (64, 128, 0), (63, 128, 8), (33, 65, 7),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Scores_are_keys_times_queries(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        var memory = new CallMemory();
        var calls = new List<(int Keys, int Queries, int Scores)>();
        foreach ((int count, int dimension, int padding) in _shapes)
        {
            int padded = RoundUp(count, BlockRows(lanes));
            int keys = memory.PlaceRows(calls.Count, padded, dimension + padding, dimension);
            int queries = memory.PlaceRows(calls.Count + 1000, 1, dimension * panel, dimension * panel);
            int scores = memory.Output(memory.Place(Enumerable.Repeat(float.NaN, padded * panel)), padded * panel);
            int rows = PrefetchStream(calls.Count);
            int ahead = memory.PlaceRows(calls.Count + 2000, rows + 1, dimension + 3, dimension);
            memory.Call(keys, queries, scores, ahead, count, dimension, dimension + padding, memory.PlaceOffsets(rows + 1, dimension + 3), rows, dimension);
            calls.Add((keys, queries, scores));
        }

        float[] after = memory.Run<PanelScores<StoredFp32>>(Device(backend), lanes);

        foreach (((int keys, int queries, int scores), (int count, int dimension, int padding)) in calls.Zip(_shapes))
        {
            for (int element = 0; element < count * panel; element++)
            {
                (int key, int lane) = Math.DivRem(element, panel);
                var exact = default(ExactSum);
                for (int index = 0; index < dimension; index++)
                    exact.Add((double)after[keys + (key * (dimension + padding)) + index] * after[queries + (index * panel) + lane]);
                exact.Verify(after[scores + element], dimension, $"Score of key {key} and lane {lane} of {count} × {dimension}");
            }
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Outputs_are_scaled_and_weighted_values_are_added(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        int rows = BlockRows(lanes);
        var memory = new CallMemory();
        var calls = new List<(int Values, int Weights, int Factors, int Outputs)>();
        foreach ((int dimension, int count, int padding) in _shapes)
        {
            int blocks = RoundUp(dimension, rows) / rows;
            int values = memory.PlaceRows(calls.Count, blocks, (count * rows) + padding, count * rows);
            int weights = memory.PlaceRows(calls.Count + 1000, 1, count * panel, count * panel);
            int factors = memory.PlaceRows(calls.Count + 2000, 1, panel, panel);
            int outputs = memory.PlaceRows(calls.Count + 3000, 1, blocks * rows * panel, blocks * rows * panel);
            memory.Output(outputs, blocks * rows * panel);
            int rowsAhead = PrefetchStream(calls.Count);
            int ahead = memory.PlaceRows(calls.Count + 4000, rowsAhead + 1, dimension + 3, dimension);
            memory.Call(
                values, weights, factors, outputs, ahead, (count * rows) + padding, blocks, count, memory.PlaceOffsets(rowsAhead + 1, dimension + 3), rowsAhead, dimension);
            calls.Add((values, weights, factors, outputs));
        }

        float[] before = memory.Before;
        float[] after = memory.Run<PanelOutputs<StoredFp32>>(Device(backend), lanes);

        foreach (((int values, int weights, int factors, int outputs), (int dimension, int count, int padding)) in calls.Zip(_shapes))
        {
            for (int element = 0; element < RoundUp(dimension, rows) * panel; element++)
            {
                (int column, int lane) = Math.DivRem(element, panel);
                int value = values + (column / rows * ((count * rows) + padding)) + (column % rows);
                var exact = default(ExactSum);
                exact.Add((double)before[factors + lane] * before[outputs + element]);
                for (int key = 0; key < count; key++)
                    exact.Add((double)before[value + (key * rows)] * before[weights + (key * panel) + lane]);
                exact.Verify(after[outputs + element], count + 1, $"Output of column {column} and lane {lane} of {dimension} × {count}");
            }
        }
    }

    // None, fewer than steps, and more.
    private static int PrefetchStream(int call) => call % 4 * (1 + (call % 29));

    // Rows of the register tile, as the widths' documentation has them.
    private static int BlockRows(int lanes) => lanes == 16 ? 8 : 4;

    private static int RoundUp(int value, int multiple) => (value + multiple - 1) / multiple * multiple;
}
