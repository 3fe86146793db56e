using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>A residual is added, rounded as it is stored, and normalised: to the bit what the two apart give, in place too.</summary>
public class AddNormTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (2, 5), (3, 2), (2, 128), (3, 516), (2, 1027), (1, 1536), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Rows_of_fp32_are_added_and_normalised(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, schedule, [rows, hidden], StoredType.Float32);

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Rows_of_fp16_are_added_and_normalised(Backend backend, KernelSchedule schedule, int rows, int hidden) =>
        Verify(backend, schedule, [rows, hidden], StoredType.Float16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_of_bf16_are_added_and_normalised(Backend backend, KernelSchedule schedule) =>
        Verify(backend, schedule, [3, 516], StoredType.BFloat16);

    // QK-norm: the heads of queries in a projection of queries, keys and values, in place, and into a dense tensor.
    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Heads_in_a_part_of_a_larger_tensor_are_normalised(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        foreach (int dimension in (int[])[16, 17])
        {
            TensorShape shape = [2, 3, 7, dimension];
            float[] elements = StoredType.Float16.Round(RandomData.Normal(dimension, shape));
            float[] weights = RandomData.Normal(1, dimension);
            var options = new NormOptions { Epsilon = 1e-6f, Schedule = schedule };
            using var projection = GuardedTensor<Half>.Of(device, StoredType.Float16.Store(elements), shape);
            using Tensor<float> weight = device.Upload(weights, [dimension]);
            using var dense = GuardedTensor<Half>.Poisoned(device, [2, 3, 4, dimension]);
            using var residual = GuardedTensor<Half>.Of(device, StoredType.Float16.Store(new float[2 * 3 * 4 * dimension]), [2, 3, 4, dimension], Strides.Padded([2, 3, 4, dimension], 1, 4));
            TensorView<Half> query = projection.View.Slice(2, 2, 4);
            float[] heads = StoredType.Float16.Load(query.ToArray());

            device.RmsNorm(query, weight, dense, NumberFormat.Float16, options);
            device.AddRmsNorm(query, residual, weight, query, NumberFormat.Float16, options);
            device.Synchronize();

            dense.Verify();
            residual.Verify();
            projection.Verify();
            double[] expected = NormalizationOracle.Rms(heads, weights, dimension, options.Epsilon);
            RoundedNorm.Verify(StoredType.Float16, dense.ToArray(), expected);
            RoundedNorm.Verify(StoredType.Float16, query.ToArray(), expected);
            StoredType.Float16.Load(residual.ToArray()).Should().Equal(heads);

            // Nothing between the parts was touched.
            StoredType.Float16.Load(projection.View.Slice(2, 0, 2).ToArray()).Should().Equal(Part(elements, dimension, 0, 2));
            StoredType.Float16.Load(projection.View.Slice(2, 6, 1).ToArray()).Should().Equal(Part(elements, dimension, 6, 1));
        }

        static float[] Part(float[] elements, int dimension, int first, int count) =>
            [.. elements.Where((_, index) => index / dimension % 7 >= first && index / dimension % 7 < first + count)];
    }

    [Theory, EachBackend]
    public void Rows_that_cannot_be_added_or_normalised_are_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, 24), [3, 8]);
        using var residual = GuardedTensor<float>.Of(device, RandomData.Normal(2, 24), [3, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 8]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(3, 8), [8]);
        using Tensor<float> other = device.Allocate<float>([2, 8]);
        using Tensor<float> large = device.Allocate<float>([2, 3, 4, 8]);
        TensorView<float> uneven = large.View.Slice(1, 0, 2).Slice(2, 0, 3);
        var fromOne = new NormOptions { WeightsFromOne = true };

        Verify<ArgumentException>(() => device.AddRmsNorm(input, input, weight, output, NumberFormat.Float32), "*'residual'*'input'*");
        Verify<ArgumentException>(() => device.AddRmsNorm(input, residual, weight, residual, NumberFormat.Float32), "*'residual'*'output'*");
        Verify<ArgumentException>(() => device.AddRmsNorm(input, other, weight, output, NumberFormat.Float32), "*'residual'*[2, 8]*[3, 8]*");
        Verify<ArgumentException>(() => device.AddRmsNorm(input, residual, residual.View.Slice(0, 1, 1).Reshape([8]), output, NumberFormat.Float32), "*'residual'*'weight'*");
        Verify<ArgumentException>(
            () => device.AddLayerNorm(input, residual, weight.View, residual.View.Slice(0, 1, 1).Reshape([8]), output, NumberFormat.Float32), "*'residual'*'bias'*");
        Verify<ArgumentException>(() => device.AddLayerNorm(input, residual, null, weight.View, output, NumberFormat.Float32), "*bias*without a weight*");
        Verify<NotSupportedException>(() => device.AddLayerNorm(input, residual, null, null, output, NumberFormat.Float32, fromOne), "*count from 1*");
        Verify<NotSupportedException>(() => device.LayerNorm(input, null, null, output, NumberFormat.Float32, fromOne), "*count from 1*");
        Verify<ArgumentException>(() => device.AddRmsNorm(input, residual, weight, output, NumberFormat.Float32, default(NormOptions)), "*Epsilon is 0*");
        Verify<ArgumentException>(() => device.RmsNorm(uneven, weight, uneven, NumberFormat.Float32), "*'input'*[96, 32, 8, 1]*equal distances*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [output], () => device.RmsNorm(input, weight, output), wrong, says);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Sums_beyond_any_cache_are_as_they_are_alone(Backend backend)
    {
        VerifyAlone(Device(backend), StoredType.Float32, [2100, 1028]);
        VerifyAlone(Device(backend), StoredType.Float16, [2100, 2056]);
    }

    // Rows of one index are repeated where a stride is 0; extents of 1 and of 0 have strides that do not count.
    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_may_be_repeated_or_none(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        float[] elements = RandomData.Normal(1, 4 * 16);
        var options = new NormOptions { Schedule = schedule };
        using Tensor<float> rows = device.Upload(elements, [4, 16]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(2, 16), [16]);
        using var output = GuardedTensor<float>.Poisoned(device, [4, 3, 16]);
        using var residual = GuardedTensor<float>.Of(device, new float[4 * 3 * 16], [4, 3, 16]);
        using Tensor<float> apart = device.Allocate<float>([4, 16]);
        var repeated = new TensorView<float>(rows.View.Data, [4, 3, 16], [16, 0, 1]);
        using Tensor<float> whole = device.Allocate<float>([3, 3, 2, 16]);
        TensorView<float> none = whole.View.Slice(2, 1, 1).Slice(1, 1, 0);

        device.RmsNorm(repeated, weight, output, NumberFormat.Float32, options);
        device.RmsNorm(rows, weight, apart, NumberFormat.Float32, options);
        float[] expected = [.. apart.ToArray().Chunk(16).SelectMany(row => Enumerable.Repeat(row, 3)).SelectMany(row => row)];
        output.ToArray().Should().Equal(expected);

        device.AddRmsNorm(repeated, residual, weight, output, NumberFormat.Float32, options);
        device.RmsNorm(none, weight, none, NumberFormat.Float32, options);
        device.Synchronize();

        residual.ToArray().Should().Equal(elements.Chunk(16).SelectMany(row => Enumerable.Repeat(row, 3)).SelectMany(row => row));
        output.ToArray().Should().Equal(expected);
        output.Verify();
        residual.Verify();
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Weights_of_sums_may_count_from_one(Backend backend, KernelSchedule schedule)
    {
        const int Hidden = 70;
        AttentionDevice device = Device(backend);
        float[] sums = RandomData.Normal(1, 3 * Hidden);
        float[] weights = RandomData.Normal(2, Hidden);
        using Tensor<float> input = device.Upload(sums, [3, Hidden]);
        using Tensor<float> residual = device.Upload(new float[3 * Hidden], [3, Hidden]);
        using Tensor<float> weight = device.Upload(weights, [Hidden]);

        device.AddRmsNorm(input, residual, weight, input, NumberFormat.Float32, new NormOptions { WeightsFromOne = true, Schedule = schedule });

        RoundedNorm.Verify(
            StoredType.Float32, input.ToArray(), NormalizationOracle.Rms(sums, [.. weights.Select(number => number + 1f)], Hidden, new NormOptions().Epsilon));
    }

    // More than 8 MiB, whose outputs are written by non-temporal stores.
    private static void VerifyAlone<T>(AttentionDevice device, StoredType<T> type, TensorShape shape)
        where T : unmanaged
    {
        (long count, long hidden) = (shape[0], shape[1]);
        using Tensor<T> input = device.Upload(type.Store(RandomData.Normal(1, shape)), shape);
        using Tensor<T> residual = device.Upload(type.Store(RandomData.Normal(2, shape)), shape);
        using Tensor<T> output = device.Allocate<T>(shape);
        using Tensor<T> lastSums = device.Upload(residual.View.Slice(0, count - 8, 8).ToArray(), [8, hidden]);
        using Tensor<T> lastOutput = device.Allocate<T>([8, hidden]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(3, hidden), [hidden]);

        device.AddRmsNorm(input.View.Slice(0, count - 8, 8), lastSums, weight, lastOutput, type.Type);
        device.AddRmsNorm(input, residual, weight, output, type.Type);

        residual.View.Slice(0, count - 8, 8).ToArray().Should().Equal(lastSums.ToArray());
        output.View.Slice(0, count - 8, 8).ToArray().Should().Equal(lastOutput.ToArray());
    }

    private void Verify<T>(Backend backend, KernelSchedule schedule, TensorShape shape, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        int hidden = (int)shape[1];
        var options = new NormOptions { Epsilon = 1e-6f, Schedule = schedule };
        float[] addends = type.Round(RandomData.Normal(hidden, shape, mean: 1f));
        float[] residuals = type.Round(RandomData.Normal(hidden + 1, shape, deviation: 20f));
        float[] sums = type.Round([.. addends.Zip(residuals, (addend, residual) => addend + residual)]);
        float[] weights = RandomData.Normal(hidden + 2, hidden);
        float[] biases = RandomData.Normal(hidden + 3, hidden);
        using Tensor<float> weight = device.Upload(weights, [hidden]);
        using Tensor<float> bias = device.Upload(biases, [hidden]);
        using Tensor<T> apart = device.Upload(type.Store(sums), shape);
        using Tensor<T> expected = device.Allocate<T>(shape);
        foreach (int padding in (int[])[0, 3, 4])
        {
            using var input = GuardedTensor<T>.Of(device, type.Store(addends), shape, Strides.Padded(shape, 0, padding));
            using var first = GuardedTensor<T>.Of(device, type.Store(residuals), shape, Strides.Padded(shape, 0, padding));
            using var second = GuardedTensor<T>.Of(device, type.Store(residuals), shape);
            using var output = GuardedTensor<T>.Poisoned(device, shape, Strides.Padded(shape, 0, 2 * padding));

            device.AddRmsNorm(input, first, weight, output, type.Type, options);
            device.RmsNorm(apart, weight, expected, type.Type, options);
            device.Synchronize();

            input.VerifyUnchanged();
            first.Verify();
            output.Verify();
            type.Load(first.ToArray()).Should().Equal(sums);
            output.ToArray().Should().Equal(expected.ToArray());
            RoundedNorm.Verify(type, output.ToArray(), NormalizationOracle.Rms(sums, weights, hidden, options.Epsilon));

            // And where the input is given up for the output.
            device.AddLayerNorm(input, second, weight.View, bias.View, input, type.Type, options);
            device.LayerNorm(apart, weight.View, bias.View, expected, type.Type, options);
            device.Synchronize();

            input.Verify();
            second.Verify();
            type.Load(second.ToArray()).Should().Equal(sums);
            input.ToArray().Should().Equal(expected.ToArray());
            RoundedNorm.Verify(type, input.ToArray(), NormalizationOracle.Layer(sums, weights, biases, hidden, options.Epsilon));
        }
    }
}
