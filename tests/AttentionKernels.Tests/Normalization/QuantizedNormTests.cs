using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>Norms whose rows are stored in 8 bits a number, with a scale for each row or for all, against fp64.</summary>
public class QuantizedNormTests(TestDevices devices) : DeviceTests(devices)
{
    private const float Epsilon = 1e-6f;

    public static IEnumerable<object[]> Cases =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (2, 5), (3, 128), (2, 516), (2, 1027), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    /// <summary>A norm of rows into numbers of bytes; the tensors of its residual, weight and bias are made of the arrays.</summary>
    private delegate void Norm<T>(TensorView<T> input, TensorView<T> residual, TensorView<float> weight, TensorView<float> bias, QuantizedRows output)
        where T : unmanaged;

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Rows_are_stored_as_int8(Backend backend, KernelSchedule schedule, int rows, int hidden)
    {
        AttentionDevice device = Device(backend);
        var options = new NormOptions { Epsilon = Epsilon, Schedule = schedule };
        Verify<float>(
            device, StoredType.Float32, ByteFormat.Int8, [rows, hidden], isSum: false, (_, rows, weights, _) => NormalizationOracle.Rms(rows, weights, hidden, Epsilon),
            (input, _, weight, _, output) => device.RmsNorm(input, weight, output, NumberFormat.Float32, options));
        Verify<float>(
            device, StoredType.Float32, ByteFormat.Int8, [rows, hidden], isSum: true,
            (ones, rows, _, _) => NormalizationOracle.Layer(rows, ones, new float[hidden], hidden, Epsilon),
            (input, residual, _, _, output) => device.AddLayerNorm(input, residual, null, null, output, NumberFormat.Float32, options));
    }

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Rows_are_stored_as_fp8(Backend backend, KernelSchedule schedule, int rows, int hidden)
    {
        AttentionDevice device = Device(backend);
        var options = new NormOptions { Epsilon = Epsilon, Schedule = schedule };
        Verify<Half>(
            device, StoredType.Float16, ByteFormat.E4M3, [rows, hidden], isSum: false,
            (_, rows, weights, biases) => NormalizationOracle.Layer(rows, weights, biases, hidden, Epsilon),
            (input, _, weight, bias, output) => device.LayerNorm(input, weight, bias, output, NumberFormat.Float16, options));
        Verify<BFloat16>(
            device, StoredType.BFloat16, ByteFormat.E5M2, [rows, hidden], isSum: true,
            (_, rows, weights, _) => NormalizationOracle.Rms(rows, [.. weights.Select(weight => weight + 1f)], hidden, Epsilon),
            (input, residual, weight, _, output) =>
                device.AddRmsNorm(input, residual, weight, output, NumberFormat.BFloat16, options with { WeightsFromOne = true }));
    }

    // The root of the mean square of ones is 1: the weights themselves are quantised, half of them to points half way between two numbers.
    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Whole_numbers_are_exact(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        var options = new NormOptions { Epsilon = 1e-30f, Schedule = schedule };
        foreach (int hidden in (int[])[200, 203])
        {
            float[] signs = [.. Enumerable.Range(0, 2 * hidden).Select(index => index % 3 == 0 ? -1f : 1f)];
            foreach (ByteFormat format in ByteFormat.All)
            {
                // The largest weight is twice the largest number, and the scale so 2; of fp8 the numbers have the fewest digits there.
                float[] weights = [.. Enumerable.Range(0, hidden).Select(index => 2f * format.Largest * (index + 1) / 256f)];
                weights[hidden / 2] = -2f * format.Largest;
                if (format == ByteFormat.Int8)
                    weights = [.. weights.Select(weight => MathF.Round(weight))];
                using Tensor<float> input = device.Upload(signs, [2, hidden]);
                using Tensor<float> weight = device.Upload(weights, [hidden]);
                using var numbers = GuardedTensor<byte>.Poisoned(device, [2, hidden]);
                using var scales = GuardedTensor<float>.Poisoned(device, [2]);
                byte[] expected = [.. signs.Select((sign, index) => format.Narrow(sign * weights[index % hidden] / 2f))];

                device.RmsNorm(input, weight, format.Rows(numbers, scales), NumberFormat.Float32, options);

                scales.ToArray().Should().Equal(2f, 2f);
                numbers.ToArray().Should().Equal(expected);

                // A scale of 1 would need twice the range.
                device.RmsNorm(input, weight, format.Rows(numbers, 1f), NumberFormat.Float32, options);

                numbers.ToArray().Should().Equal(signs.Select((sign, index) => format.Narrow(sign * weights[index % hidden])));
                numbers.ToArray().Select(number => Math.Abs(format.Widen(number))).Max().Should().Be(format.Largest);
                numbers.Verify();
                scales.Verify();
            }
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_of_zeros_and_of_what_is_no_number_are_as_in_pages(Backend backend, KernelSchedule schedule)
    {
        const int Hidden = 68;
        AttentionDevice device = Device(backend);
        var options = new NormOptions { Schedule = schedule };
        float[] elements = RandomData.Normal(1, 5 * Hidden);
        elements.AsSpan(0, Hidden).Clear();
        elements[Hidden + 40] = float.NaN;
        elements[(3 * Hidden) + 67] = float.NegativeInfinity;
        using Tensor<float> input = device.Upload(elements, [5, Hidden]);
        using Tensor<float> weight = device.Upload([.. Enumerable.Repeat(1f, Hidden)], [Hidden]);
        using Tensor<float> tiny = device.Upload([.. Enumerable.Repeat(1e-37f, Hidden)], [Hidden]);
        using Tensor<byte> numbers = device.Allocate<byte>([5, Hidden]);
        using Tensor<float> scales = device.Allocate<float>([5]);
        foreach (ByteFormat format in ByteFormat.All)
        {
            device.RmsNorm(input, weight, format.Rows(numbers, scales), NumberFormat.Float32, options);
            float[] found = scales.ToArray();
            float[] stored = [.. numbers.ToArray().Select(number => format.Widen(number))];

            found[0].Should().Be(1f);
            stored[..Hidden].Should().AllBeEquivalentTo(0f);
            stored.Select((number, index) => float.IsNaN(number * found[index / Hidden])).Should()
                .Equal(Enumerable.Range(0, 5 * Hidden).Select(index => index / Hidden is 1 or 3));

            // One that is given stays; whole numbers have no NaN.
            device.RmsNorm(input, weight, format.Rows(numbers, 0.01f), NumberFormat.Float32, options);
            stored = [.. numbers.ToArray().Select(number => format.Widen(number))];
            stored[Hidden..(2 * Hidden)].Should().AllBeEquivalentTo(format == ByteFormat.Int8 ? 0f : float.NaN);
            stored[(2 * Hidden)..(3 * Hidden)].Should().NotContain(float.NaN);

            // No scale is subnormal.
            device.RmsNorm(input, tiny, format.Rows(numbers, scales), NumberFormat.Float32, options);
            scales.ToArray()[2].Should().Be(1.17549435e-38f);
            numbers.View.Slice(0, 2, 1).ToArray().Should().Contain(number => format.Widen(number) != 0f);
        }
    }

    [Theory, EachBackend]
    public void Rows_that_cannot_be_quantised_are_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> input = device.Upload(RandomData.Normal(1, 24), [3, 8]);
        using Tensor<float> residual = device.Upload(RandomData.Normal(2, 24), [3, 8]);
        using Tensor<float> weight = device.Upload(RandomData.Normal(3, 8), [8]);
        using var numbers = GuardedTensor<sbyte>.Poisoned(device, [3, 8]);
        using var bytes = GuardedTensor<byte>.Poisoned(device, [3, 8]);
        using var scales = GuardedTensor<float>.Poisoned(device, [3]);
        using Tensor<float> apart = device.Allocate<float>([3, 2]);
        var output = new QuantizedRows(numbers, scales);
        var overlapping = new QuantizedRows(new TensorView<sbyte>(input.View.Data.Cast<sbyte>(), [3, 8]), scales);

        Verify<ArgumentException>(() => device.RmsNorm(input, weight, default(QuantizedRows), NumberFormat.Float32), "*'output' is a default value*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, new QuantizedRows(numbers.View.Slice(0, 0, 2), scales), NumberFormat.Float32), "*'output'*[2, 8]*[3, 8]*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, new QuantizedRows(numbers, scales.View.Slice(0, 0, 2)), NumberFormat.Float32), "*'output.Scales'*[2]*[3]*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, new QuantizedRows(numbers, new TensorView<float>(apart.View.Data, [3], [2])), NumberFormat.Float32), "The strides of 'output.Scales' are*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, overlapping, NumberFormat.Float32), "*'output'*'input'*");
        Verify<ArgumentException>(
            () => device.RmsNorm(input, weight, new QuantizedRows(numbers, weight.View.Slice(0, 0, 3)), NumberFormat.Float32), "*'output.Scales'*'weight'*");
        Verify<ArgumentException>(
            () => device.AddRmsNorm(input, residual, weight, new QuantizedRows(numbers, residual.View.Slice(0, 0, 1).Slice(1, 0, 3).Reshape([3])), NumberFormat.Float32),
            "*'output.Scales'*'residual'*");
        Verify<ArgumentException>(() => device.AddLayerNorm(input, input, null, null, output, NumberFormat.Float32), "*'residual'*'input'*");
        Verify<ArgumentException>(() => device.LayerNorm(input, null, weight.View, output, NumberFormat.Float32), "*bias*without a weight*");
        Verify<ArgumentException>(() => device.RmsNorm(input, weight, output, NumberFormat.Float32, default(NormOptions)), "*Epsilon is 0*");
        Verify<NotSupportedException>(() => device.LayerNorm(input, null, null, output, NumberFormat.Float32, new NormOptions { WeightsFromOne = true }), "*count from 1*");
        Verify<ArgumentException>(() => _ = new QuantizedRows(bytes, NumberFormat.Int4, scales), "*Int4*Float8E4M3*");
        Verify<ArgumentException>(() => _ = new QuantizedRows(bytes, NumberFormat.Float8E5M2, 0f), "*scale is 0*");
        Verify<ArgumentException>(() => _ = new QuantizedRows(numbers, float.PositiveInfinity), "*scale is*positive and finite*");
        numbers.VerifyUnchanged();
        bytes.VerifyUnchanged();

        void Verify<TException>(Action wrong, string says)
            where TException : Exception => wrong.Should().Throw<TException>().WithMessage(says);
    }

    // Each number is what one within the norm's bound of fp64 becomes, under the scale that the row has.
    private static void Verify<T>(
        AttentionDevice device, StoredType<T> type, ByteFormat format, TensorShape shape, bool isSum,
        Func<float[], float[], float[], float[], double[]> oracle, Norm<T> norm)
        where T : unmanaged
    {
        int hidden = (int)shape[1];
        float[] elements = type.Round(RandomData.Normal(hidden, shape, mean: 1f));
        float[] residuals = type.Round(RandomData.Normal(hidden + 1, shape, deviation: 20f));
        float[] normalized = isSum ? type.Round([.. elements.Zip(residuals, (element, residual) => element + residual)]) : elements;
        float[] weights = RandomData.Normal(hidden + 2, hidden);
        float[] biases = RandomData.Normal(hidden + 3, hidden);
        double[] exact = oracle([.. Enumerable.Repeat(1f, hidden)], normalized, weights, biases);
        double bound = ErrorBound.OfNorm(exact);
        using Tensor<float> weight = device.Upload(weights, [hidden]);
        using Tensor<float> bias = device.Upload(biases, [hidden]);
        byte[]? before = null;
        foreach (int padding in (int[])[0, 3, 4])
        {
            TensorShape strides = Strides.Padded(shape, 0, padding);
            using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape, strides);
            using var residual = GuardedTensor<T>.Of(device, type.Store(residuals), shape, strides);
            using var second = GuardedTensor<T>.Of(device, type.Store(residuals), shape, strides);
            using var numbers = GuardedTensor<byte>.Poisoned(device, shape, Strides.Padded(shape, 0, 2 * padding));
            using var scales = GuardedTensor<float>.Poisoned(device, [shape[0]]);

            norm(input, residual, weight, bias, format.Rows(numbers, scales));
            device.Synchronize();

            float[] found = scales.ToArray();
            for (int row = 0; row < found.Length; row++)
            {
                double largest = exact.Skip(row * hidden).Take(hidden).Max(Math.Abs);
                ((double)found[row]).Should().BeApproximately(largest == 0 ? 1 : largest / format.Largest, (bound + (1e-6 * largest)) / format.Largest);
            }

            VerifyNumbers(numbers.ToArray(), row => found[row]);
            before ??= numbers.ToArray();
            numbers.ToArray().Should().Equal(before, "rows have the same bits wherever they begin");
            numbers.Verify();
            scales.Verify();
            input.VerifyUnchanged();
            residual.Verify();
            type.Load(residual.ToArray()).Should().Equal(isSum ? normalized : residuals);

            // What is beyond 2·(the largest number)/3 of the largest is saturated.
            float scale = (float)(1.5 * exact.Select(Math.Abs).DefaultIfEmpty(1).Max() / format.Largest / 2);
            scale = scale > 0f ? scale : 1f;
            norm(input, second, weight, bias, format.Rows(numbers, scale));
            VerifyNumbers(numbers.ToArray(), _ => scale);
        }

        void VerifyNumbers(byte[] stored, Func<int, float> scale)
        {
            for (int index = 0; index < stored.Length; index++)
            {
                float number = format.Widen(stored[index]);
                float least = format.Round((exact[index] - bound) / scale(index / hidden));
                float most = format.Round((exact[index] + bound) / scale(index / hidden));
                if (!(number >= least && number <= most))
                    Assert.Fail(FormattableString.Invariant($"Element {index} is {number}; it must be from {least} to {most}."));
            }
        }
    }
}
