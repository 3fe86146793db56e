using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Linear;

/// <summary>The linear layer of a 16-bit model: input, weight and output of one format, sums in fp32, rounded once.</summary>
[Trait("Speed", "Quick")]
public class LinearFormatTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Tokens, int Rows, int Columns)[] _sizes =
    [
        (0, 3, 5), (1, 1, 1), (1, 3, 2), (2, 5, 16), (3, 4, 17), (5, 7, 33), (1, 67, 65), (9, 6, 127), (33, 1, 20), (65, 5, 40), (130, 13, 40),
        (1, 100, 1000), (30, 2, 40_000), (6, 20, 2052), (33, 130, 67), (70, 140, 200),
    ];

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt)]
    public void Results_are_those_of_the_same_numbers_in_fp32_rounded_once(Backend backend, KernelSchedule schedule)
    {
        foreach ((int tokens, int rows, int columns) in _sizes)
        {
            // A work group is 128 threads on the managed CPU.
            if (backend == Backend.Cpu && schedule == KernelSchedule.Simt && (long)tokens * rows > 20)
                continue;
            Verify(Device(backend), schedule, StoredType.Float16, tokens, rows, columns);
            Verify(Device(backend), schedule, StoredType.BFloat16, tokens, rows, columns);
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Whole_numbers_are_exact(Backend backend, KernelSchedule schedule)
    {
        foreach (int tokens in (int[])[3, 70])
        {
            const int Rows = 37, Columns = 90;
            float[] x = Whole(1, tokens * Columns);
            float[] w = Whole(2, Rows * Columns);
            float[] b = Whole(3, Rows);
            double[] exact = [.. LinearOracle.Compute(x, w, Columns).Select((sum, index) => sum + b[index % Rows])];
            ErrorRule.VerifyExact(Run(Device(backend), schedule, StoredType.BFloat16, x, w, Columns, b), exact);
            ErrorRule.VerifyExact(Run(Device(backend), schedule, StoredType.Float16, x, w, Columns, b), exact);
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void A_token_gets_the_same_bits_alone_and_among_others(Backend backend, KernelSchedule schedule)
    {
        const int Most = 100;
        AttentionDevice device = Device(backend);
        foreach ((int rows, int columns) in new[] { (9, 63), (70, 1003), (12, 1156) })
        {
            float[] x = RandomData.Normal(1, (long)Most * columns);
            float[] w = RandomData.Normal(2, (long)rows * columns);
            float[] together = Run(device, schedule, StoredType.Float16, x, w, columns);
            foreach ((int first, int tokens) in (IEnumerable<(int, int)>)[(0, 1), (3, 1), (61, 5), (0, 32), (3, 33), (30, 66)])
            {
                Run(device, schedule, StoredType.Float16, x.AsSpan(first * columns, tokens * columns).ToArray(), w, columns)
                    .Should().Equal(together.AsSpan(first * rows, tokens * rows).ToArray(), "tokens {0} to {1} of {2} columns", first, first + tokens, columns);
            }
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void What_no_number_of_the_format_reaches_is_infinite_and_NaN_stays_with_its_token(Backend backend, KernelSchedule schedule)
    {
        foreach (int tokens in (int[])[3, 40])
        {
            const int Columns = 20;
            float[] x = [.. Enumerable.Repeat(60_000f, tokens * Columns)];
            x[Columns + 3] = float.NaN;
            float[] w = [.. Enumerable.Repeat(1f, Columns), .. Enumerable.Repeat(1f / 32, Columns)];

            float[] results = Run(Device(backend), schedule, StoredType.Float16, x, w, Columns);

            results.Should().Equal(Enumerable.Range(0, 2 * tokens)
                .Select(index => index / 2 == 1 ? float.NaN : index % 2 == 0 ? float.PositiveInfinity : 37_504f), "60,000 · 20 / 32 is 37,500, between 37,472 and 37,504");
        }
    }

    [Theory, EachBackend]
    public void A_wrong_call_is_refused_without_effect(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var input = GuardedTensor<Half>.Of(device, StoredType.Float16.Store(RandomData.Normal(1, 12)), [3, 4]);
        using var weight = GuardedTensor<Half>.Of(device, StoredType.Float16.Store(RandomData.Normal(2, 8)), [2, 4]);
        using var output = GuardedTensor<Half>.Poisoned(device, [3, 2]);
        void Refuses(string says, TensorView<Half> x, TensorView<Half> w, TensorView<Half> y) =>
            device.Invoking(own => own.Linear(x, w, bias: null, y, NumberFormat.Float16)).Should().Throw<ArgumentException>().WithMessage(says);
        Refuses("*'input'*[3, 4]*[3, 5]*", input, new(weight.View.Data.SubView(0, 5), [1, 5]), output);
        Refuses("*'output'*[2, 3]*[3, 2]*", input, weight, new(output.View.Data, [2, 3]));
        Refuses("*'output' overlaps 'input'*", input, weight, new(input.View.Data.SubView(0, 6), [3, 2]));
        Refuses("*'output' overlaps 'weight'*", input, weight, new(weight.View.Data.SubView(0, 6), [3, 2]));

        input.VerifyUnchanged();
        weight.VerifyUnchanged();
        output.VerifyUnchanged();
        device.Linear(input, weight, bias: null, output, NumberFormat.Float16);
        output.Verify();
    }

    private static float[] Whole(int seed, int count) => [.. RandomData.Uniform(seed, count, -1.49f, 1.49f).Select(number => MathF.Round(number))];

    private static float[] Run<T>(
        AttentionDevice device, KernelSchedule schedule, StoredType<T> type, float[] x, float[] w, int columns, float[]? b = null)
        where T : unmanaged
    {
        (int tokens, int rows) = (x.Length / columns, w.Length / columns);
        using Tensor<T> input = device.Upload(type.Store(x), [tokens, columns]);
        using Tensor<T> weight = device.Upload(type.Store(w), [rows, columns]);
        using Tensor<float> bias = device.Upload(b ?? [], [b?.Length ?? 0]);
        using Tensor<T> output = device.Allocate<T>([tokens, rows]);
        device.Linear(input, weight, b is null ? null : bias.View, output, type.Type, schedule);
        return type.Load(output.ToArray());
    }

    private static void Verify<T>(AttentionDevice device, KernelSchedule schedule, StoredType<T> type, int tokens, int rows, int columns)
        where T : unmanaged
    {
        float[] x = type.Round(RandomData.Normal(tokens + columns, (long)tokens * columns));
        float[] w = type.Round(RandomData.Normal(rows + columns, (long)rows * columns));
        using Tensor<float> single = device.Upload(x, [tokens, columns]);
        using Tensor<float> singleWeight = device.Upload(w, [rows, columns]);
        using Tensor<float> sums = device.Allocate<float>([tokens, rows]);
        using Tensor<float> bias = device.Upload(RandomData.Normal(rows, rows), [rows]);
        using var input = GuardedTensor<T>.Of(device, type.Store(x), [tokens, columns]);
        using var weight = GuardedTensor<T>.Of(device, type.Store(w), [rows, columns]);
        using var output = GuardedTensor<T>.Poisoned(device, [tokens, rows]);

        device.Linear(input, weight, bias: null, output, type.Type, schedule);

        output.Verify();
        ErrorRule.Verify(type.Load(output.ToArray()), LinearOracle.Compute(x, w, columns), type.Round(LinearOracle.Sequential(x, w, columns)), x);

        device.Linear(single, singleWeight, bias.View, sums, schedule);
        device.Linear(input, weight, bias.View, output, type.Type, schedule);

        output.Verify();
        input.VerifyUnchanged();
        weight.VerifyUnchanged();
        float[] expected = type.Round(sums.ToArray());
        type.Load(output.ToArray()).Should().Equal(expected, "{0} tokens, {1} rows, {2} columns", tokens, rows, columns);

        // Each begins where four numbers cannot be loaded at once.
        TensorView<T>[] views = [input, weight, output];
        for (int moved = 0; moved < views.Length && columns is 16 or 40; moved++)
        {
            using Tensor<T> memory = device.Upload([default, .. views[moved].ToArray()], [1 + views[moved].Shape.ElementCount]);
            TensorView<T>[] each = [.. views];
            each[moved] = new(memory.View.Data.SubView(1), views[moved].Shape);
            device.Linear(each[0], each[1], bias.View, each[2], type.Type, schedule);
            type.Load(each[2].ToArray()).Should().Equal(expected, "tensor {0} begins anywhere", moved);
        }
    }
}
