using AttentionKernels.Tests.Infrastructure;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The online softmax of rows against its definition: counts around the widths, masked keys and rows, and NaN.</summary>
[Trait("Speed", "Quick")]
public class RowSoftmaxTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Rows, int Count, int Padding, float Scale)[] _shapes =
    [
        .. Enumerable.Range(1, 70).Select(count => ((count % 4) + 1, count, count % 5, count % 3 == 0 ? 1f : 0.3f)),
        (9, 128, 1, 0.125f), (7, 127, 0, 20f), (6, 64, 3, 0.125f),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Update_is_a_step_of_the_online_softmax_in_every_row(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Scores, int Maxima, int Sums, int Factors, int Stride)>();
        foreach ((int rows, int count, int padding, float scale) in _shapes)
        {
            // Behind the scores of a row memory is overwritten, up to whole vectors and not an element more.
            int whole = (count + lanes - 1) / lanes * lanes;
            int stride = whole + padding;
            float[] elements = RandomData.Normal(count, rows * stride, deviation: 4f);
            float[] maxima = RandomData.Normal(count + 1000, rows, deviation: 8f);
            float[] sums = RandomData.Uniform(count + 2000, rows, 1f, 100f);
            SetSpecialRows(elements, maxima, sums, stride, count);
            int scores = memory.Place(elements.Select((element, index) => index % stride < count ? element : CallMemory.Guard));
            memory.OutputRows(scores, rows, stride, whole);
            int factors = memory.Output(memory.Place(new float[rows]), rows);
            var call = (scores, memory.Output(memory.Place(maxima), rows), memory.Output(memory.Place(sums), rows), factors, stride);
            memory.Call(call.scores, call.Item2, call.Item3, factors, memory.Place(scale), stride, rows, count);
            calls.Add(call);
        }

        float[] before = memory.Before;
        float[] after = memory.Run<RowUpdate>(Device(backend), lanes);

        foreach (((int scores, int maxima, int sums, int factors, int stride), (int rows, int count, _, float scale)) in calls.Zip(_shapes))
        {
            for (int row = 0; row < rows; row++)
            {
                new SoftmaxStep(before, after, scale, maxima + row, sums + row, factors + row)
                    .Verify([.. Enumerable.Range(scores + (row * stride), count)]);
            }
        }
    }

    // By the count: nothing so far and nothing now in the first row; nothing so far; nothing now; the last key masked; a NaN; far below the maximum.
    private static void SetSpecialRows(float[] scores, float[] maxima, float[] sums, int stride, int count)
    {
        Span<float> first = scores.AsSpan(0, count);
        if (count % 6 is 0 or 2)
            first.Fill(float.NegativeInfinity);
        if (count % 6 is 0 or 1)
            (maxima[0], sums[0]) = (float.NegativeInfinity, 0f);
        if (count % 6 == 3)
            first[^1] = float.NegativeInfinity;
        if (count % 6 == 4)
            scores[scores.Length - stride + (count / 2)] = float.NaN;
        if (count % 6 == 5)
            first.Fill(-10_000f);
    }
}
