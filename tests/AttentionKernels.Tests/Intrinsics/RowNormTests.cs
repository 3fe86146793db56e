using AttentionKernels.Intrinsics;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Intrinsics;

/// <summary>The sums of a row against fp64, and the normalised row to the bit, in every length around the edges of vectors and at every alignment.</summary>
public class RowNormTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly int[] _counts = [.. Enumerable.Range(1, 140), 255, 256, 257, 1000];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Sums_agree_with_fp64(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Row, int Sum)>();
        foreach (int count in _counts)
        {
            calls.Add((memory.Place(RandomData.Normal(count, count)), memory.Output(memory.Place(0f), 1)));
            memory.Call(calls[^1].Row, calls[^1].Sum, count);
        }

        float[] after = memory.Run<NormSum>(Device(backend), lanes);

        foreach (((int row, int sum), int count) in calls.Zip(_counts))
        {
            var exact = default(ExactSum);
            for (int index = 0; index < count; index++)
                exact.Add(after[row + index]);
            exact.Verify(after[sum], count, $"Sum of {count}");
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Squared_differences_agree_with_fp64(Backend backend, int lanes)
    {
        const float Mean = 0.375f;
        var memory = new CallMemory();
        var calls = new List<(int Row, int Sum)>();
        foreach (int count in _counts)
        {
            calls.Add((memory.Place(RandomData.Normal(count, count)), memory.Output(memory.Place(0f), 1)));
            memory.Call(calls[^1].Row, memory.Place(Mean), calls[^1].Sum, count);
        }

        float[] after = memory.Run<NormSquaredDifferences>(Device(backend), lanes);

        foreach (((int row, int sum), int count) in calls.Zip(_counts))
        {
            var exact = default(ExactSum);
            for (int index = 0; index < count; index++)
            {
                double difference = after[row + index] - Mean;
                exact.Add(difference * difference);
            }

            exact.Verify(after[sum], count, $"Squared differences of {count}");
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Rows_are_normalised_with_and_without_weight_and_bias_and_stored_either_way(Backend backend, int lanes)
    {
        Verify<NoAffine, OrdinaryStore>(backend, lanes);
        Verify<WeightOnly, StreamingStore>(backend, lanes);
        Verify<WeightAndBias, OrdinaryStore>(backend, lanes);
        Verify<WeightAndBias, StreamingStore>(backend, lanes);
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Planes_are_normalised_with_one_weight_and_bias(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Row, int Target)>();
        foreach (int count in _counts)
        {
            calls.Add((memory.Place(RandomData.Normal(count, count)), memory.Output(memory.Place(new float[count]), count)));
            memory.Call(calls[^1].Row, calls[^1].Target, memory.Place(0.25f), memory.Place(1.7f), memory.Place(-0.3f), memory.Place(0.9f), count);
        }

        float[] after = memory.Run<NormPlane>(Device(backend), lanes);

        foreach (((int row, int target), int count) in calls.Zip(_counts))
        {
            for (int index = 0; index < count; index++)
                after[target + index].Should().Be(MathF.FusedMultiplyAdd((after[row + index] - 0.25f) * 1.7f, -0.3f, 0.9f), "element {0} of {1}", index, count);
        }
    }

    private void Verify<TAffine, TStore>(Backend backend, int lanes)
        where TAffine : struct, IAffine
        where TStore : struct, IRowStore
    {
        const float Mean = -0.125f;
        const float Inverse = 1.3f;
        var memory = new CallMemory();
        var calls = new List<(int Row, int Weight, int Bias, int Target)>();
        foreach (int count in _counts)
        {
            float[] elements = RandomData.Normal(count, count);
            elements[count / 2] = float.NaN;
            elements[^1] = float.NegativeInfinity;
            int row = memory.Place(elements);
            calls.Add((row, memory.Place(RandomData.Normal(count + 1, count)), memory.Place(RandomData.Normal(count + 2, count)), memory.Output(memory.Place(new float[count]), count)));
            memory.Call(row, calls[^1].Weight, calls[^1].Bias, calls[^1].Target, memory.Place(Mean), memory.Place(Inverse), count);

            // And in place.
            int own = memory.Output(memory.Place(elements), count);
            memory.Call(own, calls[^1].Weight, calls[^1].Bias, own, memory.Place(Mean), memory.Place(Inverse), count);
            calls.Add((row, calls[^1].Weight, calls[^1].Bias, own));
        }

        float[] after = memory.Run<NormNormalize<TAffine, TStore>>(Device(backend), lanes);

        foreach (((int row, int weight, int bias, int target), int count) in calls.Zip(_counts.SelectMany(count => new[] { count, count })))
        {
            for (int index = 0; index < count; index++)
            {
                float value = (after[row + index] - Mean) * Inverse;
                float expected = TAffine.HasBias ? MathF.FusedMultiplyAdd(value, after[weight + index], after[bias + index])
                    : TAffine.HasWeight ? value * after[weight + index]
                    : value;
                after[target + index].Should().Be(expected, "element {0} of {1}", index, count);
            }
        }
    }
}
