using AttentionKernels.Formats;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The sum of a row has twice the precision of fp32, in every length around the edges of vectors and chunks and at every
/// alignment.</summary>
[Trait("Speed", "Quick")]
public class RowSumTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Scale = 0.5f;

    private static readonly float[][] _rows =
    [
        .. Enumerable.Range(1, 300).Select(count => RandomData.Normal(count, count)),
        [.. Enumerable.Repeat(0.1f, 1_000_003)],
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Sums_are_right_to_twice_the_precision(Backend backend, int lanes)
    {
        float[] results = Sums(backend, lanes, _rows);

        for (int row = 0; row < _rows.Length; row++)
        {
            double exact = _rows[row].Sum(element => (double)element * Scale);
            double magnitude = _rows[row].Sum(element => Math.Abs((double)element * Scale));
            double sum = (double)results[2 * row] + results[(2 * row) + 1];
            sum.Should().BeApproximately(exact, _rows[row].Length * Math.Pow(2, -48) * magnitude, "it is the sum of {0}", _rows[row].Length);
        }
    }

    // Each cancelling pair leaves what fp32 rounds away at once: within a lane, between lanes, and between a lane and what is behind the vectors.
    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Nothing_is_lost_where_terms_cancel(Backend backend, int lanes)
    {
        const float Large = 1 << 30;
        float[][] rows = [.. Enumerable.Range(1, 260).Select(distance =>
        {
            float[] row = [.. Enumerable.Repeat(1f, 263)];
            (row[2], row[2 + distance]) = (Large, -Large);
            return row;
        })];

        float[] results = Sums(backend, lanes, rows);

        for (int row = 0; row < rows.Length; row++)
            ((double)results[2 * row] + results[(2 * row) + 1]).Should().Be(261 * Scale);
    }

    // What is behind the vectors of each plane and between planes; a plane's large values cancel the next one's.
    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Planes_are_summed_and_nothing_between_them(Backend backend, int lanes)
    {
        const int Stride = 60;
        var memory = new CallMemory();
        var calls = new List<(int High, int Low, double Sum)>();
        for (int count = 1; count <= Stride - 1; count++)
        {
            float[] elements = [.. Enumerable.Range(0, (6 * Stride) + count).Select(index => index % Stride >= count ? CallMemory.Guard
                : index / Stride == 6 ? 1f / (1 + (index % Stride))
                : (index / Stride % 2 == 0 ? 1 : -1) * 1e9f)];
            int offset = memory.Place(elements);
            (int high, int low) = (memory.Output(memory.Place(0f), 1), memory.Output(memory.Place(0f), 1));
            memory.Call(offset, memory.Place(Scale), high, low, Stride, 7, count);
            calls.Add((high, low, elements[(6 * Stride)..].Sum(element => (double)element * Scale)));
        }

        float[] after = memory.Run<RowTotal<StoredFp32>>(Device(backend), lanes);

        foreach ((int high, int low, double sum) in calls)
            ((double)after[high] + after[low]).Should().BeApproximately(sum, Stride * 7 * Math.Pow(2, -48) * 1e9);
    }

    // High word and low word of each row.
    private float[] Sums(Backend backend, int lanes, float[][] rows)
    {
        var memory = new CallMemory();
        var results = new List<int>();
        foreach (float[] row in rows)
        {
            int offset = memory.Place(row);
            results.Add(memory.Output(memory.Place(0f), 1));
            results.Add(memory.Output(memory.Place(0f), 1));
            memory.Call(offset, memory.Place(Scale), results[^2], results[^1], 0, 1, row.Length);
        }

        float[] after = memory.Run<RowTotal<StoredFp32>>(Device(backend), lanes);
        return [.. results.Select(offset => after[offset])];
    }
}
