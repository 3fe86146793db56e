using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>The sums of a row against fp64, and the normalised row to the bit, in every length around the edges of vectors and at every alignment.</summary>
[Trait("Speed", "Quick")]
public class RowNormTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _counts = [.. Enumerable.Range(1, 140), 255, 256, 257, 1000];

    private static readonly Standardization _by = new() { Scale = 0.25f, Center = -0.125f, Offset = 0.3f, Inverse = 1.3f };

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Shifted_sums_agree_with_fp64_however_many_terms_there_are(Backend backend, int lanes)
    {
        const float Scale = 0.5f;
        const float Center = 0.375f;

        // A chunk, what joins four accumulators and all lanes, and what is behind the last vector. Equal terms are rounded to the same side.
        const int Roundings = ShiftedSums.Chunk + 8;
        var memory = new CallMemory();
        var calls = new List<(int Row, int Count, int Sum, int Squares)>();
        foreach (float[] elements in (IEnumerable<float[]>)[.. _counts.Select(count => RandomData.Normal(count, count)), [.. Enumerable.Repeat(0.1f, 100_007)]])
        {
            calls.Add((memory.Place(elements), elements.Length, memory.Output(memory.Place(0f), 1), memory.Output(memory.Place(0f), 1)));
            memory.Call(calls[^1].Row, memory.Place(Scale), memory.Place(Center), calls[^1].Sum, calls[^1].Squares, elements.Length);
        }

        float[] after = memory.Run<NormSums<StoredFp32>>(Device(backend), lanes);

        foreach ((int row, int count, int sum, int squares) in calls)
        {
            var exact = default(ExactSum);
            var exactSquares = default(ExactSum);
            for (int index = 0; index < count; index++)
            {
                double shifted = MathF.FusedMultiplyAdd(after[row + index], Scale, -Center);
                exact.Add(shifted);
                exactSquares.Add(shifted * shifted);
            }

            exact.Verify(after[sum], Math.Min(count, Roundings), $"Sum of {count}");
            exactSquares.Verify(after[squares], Math.Min(count, Roundings), $"Squares of {count}");
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Rows_are_normalised_with_and_without_weight_and_bias_and_stored_either_way(Backend backend, int lanes)
    {
        Verify<NoAffine, CachedStore>(backend, lanes);
        Verify<WeightOnly, NonTemporalStore>(backend, lanes);
        Verify<WeightAndBias, CachedStore>(backend, lanes);
        Verify<WeightAndBias, NonTemporalStore>(backend, lanes);
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Planes_are_normalised_with_one_weight_and_bias(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Row, int Target)>();
        foreach (int count in _counts)
        {
            calls.Add((memory.Place(RandomData.Normal(count, count)), memory.Output(memory.Place(new float[count]), count)));
            Call(memory, calls[^1].Row, calls[^1].Target, memory.Place(-0.3f), memory.Place(0.9f), count);
        }

        float[] after = memory.Run<NormNormalize<StoredFp32, SharedWeightAndBias, CachedStore>>(Device(backend), lanes);

        foreach (((int row, int target), int count) in calls.Zip(_counts))
        {
            for (int index = 0; index < count; index++)
                after[target + index].Should().Be(MathF.FusedMultiplyAdd(Standardised(after[row + index]), -0.3f, 0.9f), "element {0} of {1}", index, count);
        }
    }

    private static float Standardised(float value) => (MathF.FusedMultiplyAdd(value, _by.Scale, -_by.Center) - _by.Offset) * _by.Inverse;

    private static void Call(CallMemory memory, int row, int target, int weight, int bias, int count) => memory.Call(
        row, target, weight, bias, memory.Place(_by.Scale), memory.Place(_by.Center), memory.Place(_by.Offset), memory.Place(_by.Inverse), count);

    private void Verify<TAffine, TStore>(Backend backend, int lanes)
        where TAffine : struct, IAffine
        where TStore : struct, IStorePolicy
    {
        var memory = new CallMemory();
        var calls = new List<(int Row, int Weight, int Bias, int Target)>();
        foreach (int count in _counts)
        {
            float[] elements = RandomData.Normal(count, count);
            elements[count / 2] = float.NaN;
            elements[^1] = float.NegativeInfinity;
            int row = memory.Place(elements);
            calls.Add((row, memory.Place(RandomData.Normal(count + 1, count)), memory.Place(RandomData.Normal(count + 2, count)), memory.Output(memory.Place(new float[count]), count)));
            Call(memory, row, calls[^1].Target, calls[^1].Weight, calls[^1].Bias, count);

            // And in place.
            int own = memory.Output(memory.Place(elements), count);
            Call(memory, own, own, calls[^1].Weight, calls[^1].Bias, count);
            calls.Add((row, calls[^1].Weight, calls[^1].Bias, own));
        }

        float[] after = memory.Run<NormNormalize<StoredFp32, TAffine, TStore>>(Device(backend), lanes);

        foreach (((int row, int weight, int bias, int target), int count) in calls.Zip(_counts.SelectMany(count => new[] { count, count })))
        {
            for (int index = 0; index < count; index++)
            {
                float value = Standardised(after[row + index]);
                float expected = TAffine.HasBias ? MathF.FusedMultiplyAdd(value, after[weight + index], after[bias + index])
                    : TAffine.HasWeight ? value * after[weight + index]
                    : value;
                after[target + index].Should().Be(expected, "element {0} of {1}", index, count);
            }
        }
    }
}
