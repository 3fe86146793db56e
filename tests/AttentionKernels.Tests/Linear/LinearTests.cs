using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Linear;

/// <summary>The linear layer agrees with fp64, touches nothing but its output, and gives a token the same bits alone and among others.</summary>
[Trait("Speed", "Quick")]
public class LinearTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly (int Tokens, int Rows, int Columns)[] _sizes =
    [
        (0, 3, 5), (1, 1, 1), (1, 3, 2), (1, 64, 64), (2, 5, 15), (3, 4, 16), (4, 4, 17), (5, 7, 33), (7, 9, 63), (1, 257, 65),
        (9, 6, 127), (33, 1, 20), (64, 3, 8), (65, 5, 20), (130, 13, 40), (1, 100, 1000), (3, 11, 40_000), (6, 20, 2052), (33, 130, 67), (70, 140, 200),
    ];

    private static readonly Dictionary<string, (string Says, Action<Scene> Run)> _wrongCalls = new()
    {
        ["an input of another rank"] = ("*'input'*[tokens, columns]*", scene => scene.Run(input: scene.Dense([1, 3, 4]))),
        ["an input of other columns"] = ("*'input'*[3, 5]*[3, 4]*", scene => scene.Run(input: scene.Dense([3, 5]))),
        ["a weight of another rank"] = ("*'weight'*[rows, columns]*", scene => scene.Run(weight: scene.Dense([4]))),
        ["a weight without rows"] = ("*'weight'*[0, 4]*at least 1 row*", scene => scene.Run(weight: scene.Dense([0, 4]))),
        ["an output of other rows"] = ("*'output'*[3, 3]*[3, 2]*", scene => scene.Run(output: scene.Dense([3, 3]))),
        ["an output of other tokens"] = ("*'output'*[2, 2]*[3, 2]*", scene => scene.Run(output: scene.Dense([2, 2]))),
        ["an input with gaps"] = ("*'input'*dense*", scene => scene.Run(input: scene.Strided([3, 4], [5, 1]))),
        ["a weight with gaps"] = ("*'weight'*dense*", scene => scene.Run(weight: scene.Strided([2, 4], [6, 1]))),
        ["an output with gaps"] = ("*'output'*dense*", scene => scene.Run(output: scene.Strided([3, 2], [4, 1]))),
        ["an output over the input"] = ("*'output' overlaps 'input'*", scene => scene.Run(output: Scene.Over(scene.Input))),
        ["an output over the weight"] = ("*'output' overlaps 'weight'*", scene => scene.Run(output: Scene.Over(scene.Weight))),
        ["a tensor of another device"] = ("*'weight'*must be on the device*", scene => scene.Run(weight: scene.Elsewhere([2, 4]))),
        ["a bias of other rows"] = ("*'bias'*[3]*[2]*", scene => scene.Device.Linear(scene.Input, scene.Weight, scene.Dense([3]), scene.Output)),
        ["an output over the bias"] = ("*'output' overlaps 'bias'*", scene => scene.Device.Linear(
            scene.Input, scene.Weight, new TensorView<float>(scene.Output.View.Data.SubView(1, 2), [2]), scene.Output)),
        ["an unknown schedule"] = ("*schedule is 9*", scene => scene.Run(schedule: (KernelSchedule)9)),
    };

    public static IEnumerable<string> WrongCalls => _wrongCalls.Keys;

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt)]
    public void Products_agree_with_the_oracle(Backend backend, KernelSchedule schedule)
    {
        foreach ((int tokens, int rows, int columns) in _sizes)
        {
            // A work group is 128 threads on the managed CPU.
            if (backend == Backend.Cpu && schedule == KernelSchedule.Simt && (long)tokens * rows > 50)
                continue;
            AttentionDevice device = Device(backend);
            float[] x = RandomData.Normal(tokens + columns, (long)tokens * columns);
            float[] w = RandomData.Normal(rows + columns, (long)rows * columns);
            using var input = GuardedTensor<float>.Of(device, x, [tokens, columns]);
            using var weight = GuardedTensor<float>.Of(device, w, [rows, columns]);
            using var output = GuardedTensor<float>.Poisoned(device, [tokens, rows]);

            device.Linear(input, weight, output, schedule);
            device.Synchronize();

            input.VerifyUnchanged();
            weight.VerifyUnchanged();
            output.Verify();
            float[] products = output.ToArray();
            ErrorRule.Verify(products, LinearOracle.Compute(x, w, columns), LinearOracle.Sequential(x, w, columns), x);

            float[] b = RandomData.Normal(rows, rows);
            using var bias = GuardedTensor<float>.Of(device, b, [rows]);
            output.View.CopyFrom([.. products.Select(_ => float.NaN)]);

            device.Linear(input, weight, bias.View, output, schedule);

            output.Verify();
            bias.VerifyUnchanged();
            output.ToArray().Should().Equal(products.Select((product, index) => product + b[index % rows]), "a bias is added last");
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt)]
    public void Weights_of_16_bits_give_the_bits_of_the_same_numbers_in_fp32(Backend backend, KernelSchedule schedule)
    {
        VerifyWeights(backend, schedule, StoredType.Float16);
        VerifyWeights(backend, schedule, StoredType.BFloat16);
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void A_token_gets_the_same_bits_alone_and_among_others(Backend backend, KernelSchedule schedule)
    {
        const int Most = 200;
        AttentionDevice device = Device(backend);
        foreach ((int rows, int columns) in new[] { (9, 63), (13, 40), (70, 1003), (12, 1156) })
        {
            float[] x = RandomData.Normal(1, (long)Most * columns);
            using Tensor<float> weight = device.Upload(RandomData.Normal(2, (long)rows * columns), [rows, columns]);
            float[] together = Run(device, x, weight, Most, schedule);
            foreach ((int first, int tokens) in (IEnumerable<(int, int)>)
                [.. Enumerable.Range(0, Most / 9).Select(index => (9 * index, 1)), (0, 2), (60, 5), (1, 8), (125, 9), (0, 32), (3, 33), (100, 64), (1, 130)])
            {
                Run(device, x.AsSpan(first * columns, tokens * columns).ToArray(), weight, tokens, schedule)
                    .Should().Equal(together.AsSpan(first * rows, tokens * rows).ToArray(), "tokens {0} to {1} of {2} columns", first, first + tokens, columns);
            }
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void Matrices_may_begin_anywhere(Backend backend, KernelSchedule schedule)
    {
        AttentionDevice device = Device(backend);
        foreach (int tokens in (int[])[3, 40])
        {
            const int Rows = 12, Columns = 136;
            TensorShape[] shapes = [[tokens, Columns], [Rows, Columns], [tokens, Rows]];
            float[] x = RandomData.Normal(1, shapes[0]);
            float[] w = RandomData.Normal(2, shapes[1]);
            using Tensor<float> aligned = device.Upload(w, shapes[1]);
            float[] expected = Run(device, x, aligned, tokens, schedule);
            for (int moved = 0; moved < shapes.Length; moved++)
            {
                (int input, int weight, int output) = (moved == 0 ? 1 : 0, moved == 1 ? 1 : 0, moved == 2 ? 1 : 0);
                using Tensor<float> inputs = device.Upload([.. new float[input], .. x], [input + x.Length]);
                using Tensor<float> weights = device.Upload([.. new float[weight], .. w], [weight + w.Length]);
                using Tensor<float> outputs = device.Allocate<float>([output + (tokens * Rows)]);

                device.Linear(Part(inputs, input, shapes[0]), Part(weights, weight, shapes[1]), Part(outputs, output, shapes[2]), schedule);
                device.Synchronize();

                outputs.ToArray().AsSpan(output).ToArray().Should().Equal(expected);
            }
        }
    }

    [Theory, EachBackend(KernelSchedule.Vector, ProcessorsOnly = true), EachBackend(KernelSchedule.Simt, DriversOnly = true)]
    public void NaN_and_infinities_reach_what_they_are_multiplied_into_and_nothing_else(Backend backend, KernelSchedule schedule)
    {
        const int Rows = 5;
        AttentionDevice device = Device(backend);
        foreach ((int tokens, int columns) in new[] { (3, 20), (3, 65), (40, 20), (40, 70) })
        {
            float[] x = RandomData.Normal(1, tokens * columns);
            float[] w = RandomData.Normal(2, Rows * columns);
            x[columns + 3] = float.NaN;
            w[((Rows - 1) * columns) + columns - 1] = float.PositiveInfinity;
            using Tensor<float> weight = device.Upload(w, [Rows, columns]);

            float[] output = Run(device, x, weight, tokens, schedule);

            float[] plain = LinearOracle.Sequential(x, w, columns);
            for (int index = 0; index < output.Length; index++)
            {
                float.IsFinite(output[index]).Should().Be(index / Rows != 1 && index % Rows != Rows - 1, "element {0}", index);
                if (!float.IsFinite(output[index]))
                    output[index].Should().Be(plain[index], "element {0}", index);
            }
        }
    }

    [Theory, EachBackend(Cases = nameof(WrongCalls))]
    public void A_wrong_call_is_refused_without_effect(Backend backend, string wrong)
    {
        using var scene = new Scene(Device(backend));
        (string says, Action<Scene> run) = _wrongCalls[wrong];
        WrongCall.Verify<ArgumentException>(scene.Device, [scene.Output], () => scene.Run(), () => run(scene), says);
    }

    [Theory, EachBackend]
    public void A_disposed_tensor_is_refused_without_effect(Backend backend)
    {
        using var scene = new Scene(Device(backend));
        Tensor<float> disposed = scene.Device.Allocate<float>([2, 4]);
        TensorView<float> view = disposed;
        disposed.Dispose();

        WrongCall.Verify<ObjectDisposedException>(scene.Device, [scene.Output], () => scene.Run(), () => scene.Run(weight: view), "*");
    }

    private static float[] Run(AttentionDevice device, float[] x, Tensor<float> weight, int tokens, KernelSchedule? schedule)
    {
        using Tensor<float> input = device.Upload(x, [tokens, weight.Shape[1]]);
        using Tensor<float> output = device.Allocate<float>([tokens, weight.Shape[0]]);
        device.Linear(input, weight, output, schedule);
        device.Synchronize();
        return output.ToArray();
    }

    private void VerifyWeights<T>(Backend backend, KernelSchedule schedule, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        foreach ((int tokens, int rows, int columns) in _sizes)
        {
            if (backend == Backend.Cpu && schedule == KernelSchedule.Simt && (long)tokens * rows > 20)
                continue;
            float[] weights = type.Round(RandomData.Normal(rows + columns, (long)rows * columns));
            using Tensor<float> input = device.Upload(RandomData.Normal(tokens, (long)tokens * columns), [tokens, columns]);
            using Tensor<float> single = device.Upload(weights, [rows, columns]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(rows, rows), [rows]);
            using Tensor<float> expected = device.Allocate<float>([tokens, rows]);
            using var weight = GuardedTensor<T>.Of(device, type.Store(weights), [rows, columns]);
            using var output = GuardedTensor<float>.Poisoned(device, [tokens, rows]);

            device.Linear(input, weight, bias.View, output, type.Type, schedule);
            device.Linear(input, single, bias.View, expected, schedule);

            output.Verify();
            weight.VerifyUnchanged();
            output.ToArray().Should().Equal(expected.ToArray(), "{0} tokens, {1} rows, {2} columns", tokens, rows, columns);

            // Weights that begin where four of them cannot be loaded at once.
            for (int first = 1; first < 4 && (columns is 16 or 40); first++)
            {
                using Tensor<T> memory = device.Upload([.. new T[first], .. type.Store(weights)], [first + weights.Length]);
                var moved = new TensorView<T>(memory.View.Data.SubView(first), [rows, columns]);
                device.Linear(input, moved, bias.View, output, type.Type, schedule);
                output.ToArray().Should().Equal(expected.ToArray(), "weights begin at {0}", first);
            }
        }
    }

    private static TensorView<float> Part(Tensor<float> tensor, int first, TensorShape shape) =>
        new(tensor.View.Data.SubView(first, shape.ElementCount), shape);

    /// <summary>A valid call of 3 tokens, 2 rows and 4 columns, and wrong tensors to put in place of its own.</summary>
    private sealed class Scene : IDisposable
    {
        private readonly List<IDisposable> _resources = [];

        public Scene(AttentionDevice device)
        {
            Device = device;
            Input = Add(GuardedTensor<float>.Of(device, RandomData.Normal(1, 12), [3, 4]));
            Weight = Add(GuardedTensor<float>.Of(device, RandomData.Normal(2, 8), [2, 4]));
            Output = Add(GuardedTensor<float>.Poisoned(device, [3, 2]));
        }

        public AttentionDevice Device { get; }

        public GuardedTensor<float> Input { get; }

        public GuardedTensor<float> Weight { get; }

        public GuardedTensor<float> Output { get; }

        public void Run(TensorView<float>? input = null, TensorView<float>? weight = null, TensorView<float>? output = null, KernelSchedule? schedule = null) =>
            Device.Linear(input ?? Input, weight ?? Weight, output ?? Output, schedule);

        public TensorView<float> Dense(TensorShape shape) => Add(GuardedTensor<float>.Poisoned(Device, shape));

        public TensorView<float> Strided(TensorShape shape, TensorShape strides) => Add(GuardedTensor<float>.Poisoned(Device, shape, strides));

        public static TensorView<float> Over(GuardedTensor<float> tensor) => new(tensor.View.Data.SubView(0, 6), [3, 2]);

        public TensorView<float> Elsewhere(TensorShape shape) => Add(Add(AttentionDevice.Open("cpu")).Allocate<float>(shape));

        public void Dispose()
        {
            for (int index = _resources.Count - 1; index >= 0; index--)
                _resources[index].Dispose();
        }

        private T Add<T>(T resource)
            where T : IDisposable
        {
            _resources.Add(resource);
            return resource;
        }
    }
}
