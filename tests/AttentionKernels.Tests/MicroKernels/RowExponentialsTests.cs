using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The sum of a row's exponentials, and these divided by it, are right in every length around the edges of vectors and chunks and at every alignment.</summary>
[Trait("Speed", "Quick")]
public class RowExponentialsTests(TestDevices devices) : DeviceTests(devices)
{
    private const double Relative = 2e-6;

    private static readonly float[][] _rows =
    [
        .. Enumerable.Range(1, 140).Select(count => RandomData.Normal(count, count, deviation: 3f)),
        .. Enumerable.Range(1, 140).Select(count => Masked(count, count / 2)),
        .. ((int[])[255, 256, 257, 511, 512, 513, 1023, 1024, 1025, 2100]).Select(count => RandomData.Normal(count, count, deviation: 5f)),
        [.. Enumerable.Range(0, 5000).Select(index => index * 0.01f)],
        [.. Enumerable.Range(0, 5000).Select(index => index * -0.01f)],
        Masked(3000, 2000), Masked(3000, 0), [float.NegativeInfinity], [.. Enumerable.Repeat(float.NegativeInfinity, 1500)],
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Sums_are_relative_to_the_largest_number(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Maximum, int Sum)>();
        foreach (float[] row in _rows)
        {
            int offset = memory.Place(row);
            calls.Add((memory.Output(memory.Place(0f), 1), memory.Output(memory.Place(0f), 1)));
            memory.Call(offset, calls[^1].Maximum, calls[^1].Sum, row.Length);
        }

        float[] after = memory.Run<SumOfExponentials<StoredFp32>>(Device(backend), lanes);

        foreach (((int maximum, int sum), float[] row) in calls.Zip(_rows))
        {
            double exact = row.Sum(element => float.IsNegativeInfinity(element) ? 0.0 : Math.Exp((double)element - row.Max()));
            after[maximum].Should().Be(row.Max());
            ((double)after[sum]).Should().BeApproximately(exact, Relative * exact, "there are {0} numbers", row.Length);
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void A_NaN_or_an_infinity_is_in_the_sum_wherever_it_is(Backend backend, int lanes)
    {
        const int Count = 1100;
        var memory = new CallMemory();
        var sums = new List<int>();
        foreach (float special in (float[])[float.NaN, float.PositiveInfinity])
        {
            foreach (int place in (int[])[.. Enumerable.Range(0, 66), 511, 512, 1023, 1024, 1050, Count - 1])
            {
                float[] row = new float[Count];
                row[place] = special;
                int offset = memory.Place(row);
                int maximum = memory.Output(memory.Place(0f), 1);
                sums.Add(memory.Output(memory.Place(0f), 1));
                memory.Call(offset, maximum, sums[^1], Count);
            }
        }

        float[] after = memory.Run<SumOfExponentials<StoredFp32>>(Device(backend), lanes);

        sums.Should().OnlyContain(sum => float.IsNaN(after[sum]));
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Each_is_multiplied_by_the_factor(Backend backend, int lanes)
    {
        VerifyNormalize<CachedStore>(backend, lanes);
        VerifyNormalize<NonTemporalStore>(backend, lanes);
    }

    private void VerifyNormalize<TStore>(Backend backend, int lanes)
        where TStore : struct, IStorePolicy
    {
        const float Factor = 0.3f;
        var memory = new CallMemory();
        var calls = new List<(int Target, float Maximum)>();
        foreach (float[] row in _rows)
        {
            float maximum = float.IsNegativeInfinity(row.Max()) ? 0f : row.Max();
            int offset = memory.Place(row);
            calls.Add((memory.Output(memory.Place(new float[row.Length]), row.Length), maximum));
            memory.Call(offset, calls[^1].Target, memory.Place(maximum), memory.Place(Factor), row.Length);
        }

        float[] after = memory.Run<NormalizeExponentials<StoredFp32, TStore>>(Device(backend), lanes);

        foreach (((int target, float maximum), float[] row) in calls.Zip(_rows))
        {
            for (int index = 0; index < row.Length; index++)
            {
                double exact = Math.Exp(row[index] - maximum) * Factor;
                ((double)after[target + index]).Should().BeApproximately(exact, (Relative * exact) + 1.3e-38, "it is number {0} of {1}", index, row.Length);
            }
        }
    }

    private static float[] Masked(int count, int only)
    {
        float[] row = [.. Enumerable.Repeat(float.NegativeInfinity, count)];
        row[only] = -2.5f;
        return row;
    }
}
