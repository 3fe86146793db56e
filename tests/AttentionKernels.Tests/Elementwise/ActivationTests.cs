using System.Runtime.InteropServices;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Elementwise;

/// <summary>Activations agree with fp64 in relative terms, also far below 0, have their limits, and are the same in every format but for one rounding.</summary>
public class ActivationTests(TestDevices devices) : DeviceTests(devices)
{
    // Below the normal numbers of fp32 powers of e are 0, and so is what they are multiplied by: at most some hundred.
    private const double Underflow = 1.3e-38;
    private const double Smallest = 1e-36;

    private static readonly float[] _numbers =
    [
        0f, -0f, 1f, -1f, 0.5f, -0.75f, 1e-30f, -1e-30f, 1e-7f, -1e-7f, 3f, -3f, 5.5f, -5.5f, -7f, -9f, -12f, -12.9f, -13.1f, 13.3f, -14f, 20f, -20f, -50f, -86f, 87f,
        100f, -100f, 1e4f, -1e4f, 1e20f, -1e20f, float.MaxValue, float.MinValue, .. RandomData.Normal(1, 300, deviation: 1f), .. RandomData.Normal(2, 300, deviation: 6f),
    ];

    // With how many units in the last place it may be off. Arguments of a power are rounded: its error grows with them.
    private static readonly Dictionary<string, (Activation Activation, Func<double, double> Oracle, Func<double, double> Units)> _activations = new()
    {
        ["Identity"] = (Activation.Identity, x => x, _ => 0),
        ["Relu"] = (Activation.Relu, x => Math.Max(x, 0), _ => 0),
        ["Gelu"] = (Activation.Gelu, ActivationOracle.Gelu, _ => 8),
        ["GeluTanh"] = (Activation.GeluTanh, ActivationOracle.GeluTanh, x => 8 + (x < 0 ? 4 * Math.Abs(x * (1 + (x * x / 20))) : 0)),
        ["QuickGelu"] = (Activation.QuickGelu, ActivationOracle.QuickGelu, x => 6 + (x < 0 ? 2 * Math.Abs(x) : 0)),
        ["Silu"] = (Activation.Silu, ActivationOracle.Silu, _ => 6),
        ["Sigmoid"] = (Activation.Sigmoid, ActivationOracle.Sigmoid, _ => 5),
        ["Tanh"] = (Activation.Tanh, Math.Tanh, _ => 6),
        ["HardSwish"] = (Activation.Of<HardSwish>(), x => x * Math.Clamp(x + 3, 0, 6) / 6, _ => 4),
    };

    public static IEnumerable<string> Names => _activations.Keys;

    [Theory, EachBackend(Cases = nameof(Names))]
    public void An_activation_agrees_with_fp64(Backend backend, string name)
    {
        (Activation activation, Func<double, double> oracle, Func<double, double> units) = _activations[name];

        float[] results = Run(Device(backend), activation, _numbers);

        for (int index = 0; index < _numbers.Length; index++)
        {
            double expected = oracle(_numbers[index]);
            double lost = Math.Abs(expected) < Smallest ? Underflow * Math.Clamp(Math.Abs(_numbers[index]), 1, 100) : 0;
            double bound = (units(_numbers[index]) * Math.Abs(expected) * Math.ScaleB(1, -24)) + lost;
            if (Math.Abs(expected) <= float.MaxValue)
                ((double)results[index]).Should().BeApproximately(expected, bound, "it is {0} of {1:G9}", name, _numbers[index]);
        }
    }

    [Theory, EachBackend(Cases = nameof(Names))]
    public void Infinities_have_limits_and_NaN_stays(Backend backend, string name)
    {
        (Activation activation, Func<double, double> oracle, _) = _activations[name];

        float[] results = Run(Device(backend), activation, [float.PositiveInfinity, float.NegativeInfinity, float.NaN]);

        results[0].Should().Be((float)oracle(double.PositiveInfinity));
        results[1].Should().Be(name == "HardSwish" ? float.NaN : (float)oracle(double.NegativeInfinity));
        results[2].Should().Be(float.NaN);
    }

    [Theory, EachBackend(Cases = nameof(Names))]
    public void Smaller_formats_round_what_fp32_gives(Backend backend, string name)
    {
        VerifyRounded(backend, _activations[name].Activation, StoredType.Float16);
        VerifyRounded(backend, _activations[name].Activation, StoredType.BFloat16);
    }

    [Fact]
    public void An_activation_has_one_value_and_a_name()
    {
        Activation.Of<HardSwish>().Should().BeSameAs(Activation.Of<HardSwish>());
        Activation.Of<HardSwish>().ToString().Should().Be("HardSwish");
        Activation.Gelu.ToString().Should().Be("Gelu");
    }

    // As every kernel computes it: alone, of sums, as a gate; whole fours and others.
    private static float[] Run(AttentionDevice device, Activation activation, float[] numbers)
    {
        TensorShape shape = [1, numbers.Length];
        using var input = GuardedTensor<float>.Of(device, numbers, shape);
        using var output = GuardedTensor<float>.Poisoned(device, shape);
        using var ones = GuardedTensor<float>.Of(device, Enumerable.Repeat(1f, numbers.Length).ToArray(), shape);
        using Tensor<float> zeros = device.Upload(new float[numbers.Length], [numbers.Length]);
        device.Activate(input, activation, output);
        device.Synchronize();
        output.Verify();
        input.VerifyUnchanged();
        float[] results = output.ToArray();

        device.Activate(input, activation, output, zeros.View);
        float[] ofSums = output.ToArray();
        device.Gate(input, activation, ones, output);
        float[] gates = output.ToArray();
        output.Verify();
        for (int index = 0; index < numbers.Length; index++)
        {
            ofSums[index].Should().Be(results[index], "it is of {0}", numbers[index]);
            gates[index].Should().Be(results[index], "it is of {0}", numbers[index]);
        }

        return results;
    }

    private void VerifyRounded<T>(Backend backend, Activation activation, StoredType<T> type)
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        float[] numbers = type.Round([.. RandomData.Normal(3, 600, deviation: 3f)]);
        TensorShape shape = [2, 300];
        using var input = GuardedTensor<T>.Of(device, type.Store(numbers), shape);
        using var output = GuardedTensor<T>.Poisoned(device, shape);
        using Tensor<float> single = device.Upload(numbers, shape);

        device.Activate(input, activation, output, type.Type);
        device.Activate(single, activation, single);

        output.Verify();
        MemoryMarshal.AsBytes<T>(output.ToArray()).SequenceEqual(MemoryMarshal.AsBytes<T>(type.Store(single.ToArray()))).Should().BeTrue();
    }
}
