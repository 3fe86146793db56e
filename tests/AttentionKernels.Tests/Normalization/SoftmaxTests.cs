using System.Globalization;
using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Normalization;

/// <summary>The softmax of rows agrees with fp64 in relative terms, in every format, size and stride, and has its limits where numbers are infinite.</summary>
public class SoftmaxTests(TestDevices devices) : DeviceTests(devices)
{
    // Of a result, and of the difference to the largest number, which is rounded once and is an exponent.
    private const double Relative = 4e-6;
    private const double OfDifference = 1.2e-7;

    // Below the normal numbers of fp32 powers of e are 0.
    private const double Underflow = 1.3e-38;

    public static IEnumerable<object[]> Rows =>
        from schedule in Schedules.OfAnyFormat
        from size in new[] { (1, 1), (3, 2), (2, 5), (70, 8), (3, 111), (2, 128), (5, 129), (2, 511), (2, 512), (1, 513), (2, 1540), (1, 2049), (1, 4999), (0, 16) }
        select new object[] { schedule, size.Item1, size.Item2 };

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_of_fp32_agree_with_fp64(Backend backend, KernelSchedule schedule, int rows, int columns) =>
        VerifyRows(backend, schedule, [rows, columns], StoredType.Float32);

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_of_fp16_agree_with_fp64(Backend backend, KernelSchedule schedule, int rows, int columns) =>
        VerifyRows(backend, schedule, [rows, columns], StoredType.Float16);

    [Theory, EachBackend(Cases = nameof(Rows))]
    public void Rows_of_bf16_agree_with_fp64(Backend backend, KernelSchedule schedule, int rows, int columns) =>
        VerifyRows(backend, schedule, [rows, columns], StoredType.BFloat16);

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Long_rows_are_as_good_as_short_ones(Backend backend, KernelSchedule schedule)
    {
        const int Columns = 130_003;
        float[][] rows =
        [
            RandomData.Normal(1, Columns, deviation: 3f),
            [.. Enumerable.Repeat(0.1f, Columns)],
            [.. Enumerable.Range(0, Columns).Select(index => index * 1e-5f)],
            [.. Enumerable.Range(0, Columns).Select(index => index * 0.01f)],
            [.. Enumerable.Range(0, Columns).Select(index => index * -0.0003f)],
            [.. Enumerable.Range(0, Columns).Select(index => index % 3 * -0.7f)],
        ];
        float[] elements = [.. rows.SelectMany(row => row)];
        using var output = GuardedTensor<float>.Poisoned(Device(backend), [rows.Length, Columns]);
        using Tensor<float> input = Device(backend).Upload(elements, [rows.Length, Columns]);

        Device(backend).Softmax(input, output, schedule);

        output.Verify();
        Verify(StoredType.Float32, output.ToArray(), elements, Columns);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Equal_numbers_share_a_row_exactly(Backend backend, KernelSchedule schedule)
    {
        VerifyShares(backend, schedule, StoredType.Float32, 1024);
        VerifyShares(backend, schedule, StoredType.Float16, 1024);
        VerifyShares(backend, schedule, StoredType.BFloat16, 1024);
        VerifyShares(backend, schedule, StoredType.Float32, 1 << 17);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_without_a_number_are_zero_and_what_is_no_number_stays_in_its_row(Backend backend, KernelSchedule schedule)
    {
        VerifyLimits(backend, schedule, StoredType.Float32);
        VerifyLimits(backend, schedule, StoredType.Float16);
        VerifyLimits(backend, schedule, StoredType.BFloat16);
    }

    [Theory, EachBackend(KernelSchedule.Vector), EachBackend(KernelSchedule.Simt)]
    public void Rows_may_lie_in_a_larger_tensor_or_be_repeated(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        foreach (int columns in (int[])[7, 12])
        {
            TensorShape shape = [3, 4, columns + 5];
            float[] elements = RandomData.Normal(columns, shape);
            using var whole = GuardedTensor<float>.Of(device, elements, shape);
            TensorView<float> part = whole.View.Slice(1, 1, 2).Slice(2, 4, columns);
            float[] numbers = part.ToArray();
            using Tensor<float> original = device.Upload(numbers, [3, 2, columns]);
            using var output = GuardedTensor<float>.Poisoned(device, [3, 2, columns]);

            device.Softmax(part, output, schedule);
            output.Verify();
            whole.VerifyUnchanged();
            Verify(StoredType.Float32, output.ToArray(), numbers, columns);

            // In place: nothing between the parts is touched.
            device.Softmax(part, part, schedule);
            part.ToArray().Should().Equal(output.ToArray());
            device.Copy(original, part);
            whole.VerifyUnchanged();

            var repeated = new TensorView<float>(whole.View.Data, [3, 2, columns], [columns, 0, 1]);
            device.Softmax(repeated, output, schedule);
            output.ToArray().Chunk(columns).Chunk(2).Should().OnlyContain(pair => pair[0].SequenceEqual(pair[1]));
            Verify(StoredType.Float32, output.ToArray(), repeated.ToArray(), columns);
        }
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void Rows_beyond_any_cache_are_as_they_are_alone(Backend backend)
    {
        VerifyAlone(Device(backend), StoredType.Float32, [2100, 1027]);
        VerifyAlone(Device(backend), StoredType.Float16, [2100, 2055]);
    }

    [Theory, EachBackend]
    public void A_wrong_call_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<float>.Of(device, RandomData.Normal(1, 24), [3, 8]);
        using var output = GuardedTensor<float>.Poisoned(device, [3, 8]);
        using Tensor<float> other = device.Allocate<float>([2, 8]);
        using Tensor<float> none = device.Allocate<float>([3, 0]);
        using Tensor<float> large = device.Allocate<float>([2, 3, 4, 8]);
        TensorView<float> uneven = large.View.Slice(1, 0, 2).Slice(2, 0, 3);
        TensorView<float> odd = new(large.View.Data, [3, 8], [16, 2]);
        TensorView<float> scalar = new(large.View.Data.SubView(0, 1), []);

        Verify<ArgumentException>(() => device.Softmax(input, other), "*'output'*[2, 8]*[3, 8]*");
        Verify<ArgumentException>(() => device.Softmax(odd, output), "*'input'*last must be 1*");
        Verify<ArgumentException>(() => device.Softmax(none, none), "*'input'*[3, 0]*from 1*");
        Verify<ArgumentException>(() => device.Softmax(scalar, scalar), "*'input'*from 1*");
        Verify<ArgumentException>(() => device.Softmax(uneven, uneven), "*'input'*[96, 32, 8, 1]*equal distances*");
        Verify<ArgumentException>(
            () => device.Softmax(new TensorView<float>(large.View.Data, [3, 8]), new TensorView<float>(large.View.Data.SubView(4), [3, 8])), "*'output' overlaps 'input'*");
        Verify<ArgumentNullException>(() => device.Softmax(input, output, (NumberFormat<float>)null!), "*format*");
        Verify<NotSupportedException>(() => device.Softmax(input, output, KernelSchedule.TensorCore), "*TensorCore*");
        Verify<ArgumentException>(() => device.Softmax(input, output, (KernelSchedule)7), "*schedule*7*");

        void Verify<TException>(Action wrong, string says)
            where TException : Exception =>
            WrongCall.Verify<TException>(device, [output], () => device.Softmax(input, output), wrong, says);
    }

    // Each result is what some number within the bound becomes when it is stored.
    private static void Verify<T>(StoredType<T> type, T[] results, float[] elements, int columns)
        where T : unmanaged
    {
        double[] oracle = NormalizationOracle.Softmax(elements, columns);
        results.Should().HaveCount(oracle.Length);
        float[] largest = [.. elements.Chunk(columns).Select(row => row.Max())];
        for (int index = 0; index < oracle.Length; index++)
        {
            double bound = (oracle[index] * (Relative + (OfDifference * ((double)largest[index / columns] - elements[index])))) + Underflow;
            float stored = type.Widen(results[index]);
            float least = type.Widen(type.Narrow((float)(oracle[index] - bound)));
            float most = type.Widen(type.Narrow((float)(oracle[index] + bound)));
            if (!(stored >= least && stored <= most))
            {
                Assert.Fail(string.Create(
                    CultureInfo.InvariantCulture, $"Element {index} is {stored:G9}; the oracle's is {oracle[index]:G12}, which is stored as {least:G9} to {most:G9}."));
            }
        }
    }

    // More than 8 MiB, whose outputs are written by non-temporal stores.
    private static void VerifyAlone<T>(AttentionDevice device, StoredType<T> type, TensorShape shape)
        where T : unmanaged
    {
        (long count, long columns) = (shape[0], shape[1]);
        using Tensor<T> input = device.Upload(type.Store(RandomData.Normal(1, shape)), shape);
        using Tensor<T> together = device.Allocate<T>(shape);
        using Tensor<T> alone = device.Allocate<T>([8, columns]);

        device.Softmax(input, together, type.Type);
        for (int row = 0; row < count - 8; row += 700)
        {
            device.Softmax(input.View.Slice(0, row, 8), alone, type.Type);
            together.View.Slice(0, row, 8).ToArray().Should().Equal(alone.ToArray());
        }
    }

    private void VerifyRows<T>(Backend backend, KernelSchedule schedule, TensorShape shape, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        int columns = (int)shape[1];
        float[] elements = type.Round(RandomData.Normal(columns, shape, deviation: 5f, mean: 20f));
        foreach (int padding in (int[])[0, 3, 4])
        {
            TensorShape strides = Strides.Padded(shape, 0, padding);
            using var input = GuardedTensor<T>.Of(device, type.Store(elements), shape, strides);
            using var output = GuardedTensor<T>.Poisoned(device, shape, Strides.Padded(shape, 0, 2 * padding));

            device.Softmax(input, output, type.Type, schedule);
            device.Synchronize();

            input.VerifyUnchanged();
            output.Verify();
            Verify(type, output.ToArray(), elements, columns);

            device.Softmax(input, input, type.Type, schedule);
            input.Verify();
            input.ToArray().Should().Equal(output.ToArray());
        }
    }

    // As many equal numbers as a power of two, between others that have no share: masked ones, or far below.
    private void VerifyShares<T>(Backend backend, KernelSchedule schedule, StoredType<T> type, int most)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach (int sharers in (int[])[1, 2, 64, most])
        {
            int columns = sharers + (sharers / 2) + 3;
            foreach ((float number, float other) in ((float, float)[])[(0f, float.NegativeInfinity), (-7f, -1000f), (60_000f, -60_000f), (-60_000f, float.NegativeInfinity)])
            {
                float[] elements = [.. Enumerable.Range(0, columns).Select(index => index % 3 != 1 && index - ((index + 1) / 3) < sharers ? number : other)];
                int count = elements.Count(element => element == number);
                for (int index = columns - 1; count < sharers; index--)
                {
                    count += elements[index] == number ? 0 : 1;
                    elements[index] = number;
                }

                elements = type.Round(elements);
                using Tensor<T> input = device.Upload(type.Store(elements), [columns]);
                using var output = GuardedTensor<T>.Poisoned(device, [columns]);

                device.Softmax(input, output, type.Type, schedule);

                output.Verify();
                type.Load(output.ToArray()).Should().Equal(elements.Select(element => element == type.Round([number])[0] ? 1f / sharers : 0f), "{0} share a row", sharers);
            }
        }
    }

    private void VerifyLimits<T>(Backend backend, KernelSchedule schedule, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach (int columns in (int[])[1, 3, 8, 67, 516, 2600])
        {
            foreach (int place in (int[])[0, columns / 2, columns - 1])
            {
                // A row of nothing but −∞, rows with one NaN, +∞, or number, a row of NaN, one of NaN and −∞, and a row that has it all beside it.
                float[] masked = [.. Enumerable.Repeat(float.NegativeInfinity, columns)];
                float[] plain = new float[columns];
                float[][] rows =
                [
                    masked, With(plain, float.NaN), With(plain, float.PositiveInfinity), With(masked, -3f), [.. Enumerable.Repeat(float.NaN, columns)], With(masked, float.NaN),
                    [.. Enumerable.Repeat(float.PositiveInfinity, columns)], plain,
                ];
                using Tensor<T> input = device.Upload(type.Store([.. rows.SelectMany(row => row)]), [rows.Length, columns]);
                using var output = GuardedTensor<T>.Poisoned(device, [rows.Length, columns]);

                device.Softmax(input, output, type.Type, schedule);

                output.Verify();
                float[][] results = [.. type.Load(output.ToArray()).Chunk(columns)];
                results[0].Should().OnlyContain(number => number == 0f);
                foreach (int row in (int[])[1, 2, 4, 5, 6])
                    results[row].Should().OnlyContain(number => float.IsNaN(number), "it is row {0} of {1} columns", row, columns);
                results[3].Should().Equal(With(new float[columns], 1f));
                results[7].Should().OnlyContain(number => number == results[7][0] && number > 0f);

                float[] With(float[] row, float number)
                {
                    float[] changed = [.. row];
                    changed[place] = number;
                    return changed;
                }
            }
        }
    }
}
