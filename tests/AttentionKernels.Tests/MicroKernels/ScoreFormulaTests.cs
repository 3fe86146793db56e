using System.Runtime.InteropServices;
using AttentionKernels.MicroKernels;
using AttentionKernels.Simd;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.MicroKernels;

/// <summary>A formula gives the same bits as scalar code on every device, in vectors, and as OpenCL C; its functions are right.</summary>
[Trait("Speed", "Quick")]
public class ScoreFormulaTests(TestDevices devices) : DeviceTests(devices)
{
    internal const float Lower = -1.5f;
    internal const float Upper = 3.25f;
    internal const float Divisor = 0.3f;

    private const int FirstKey = FormulaPanel<EachFunction>.FirstKey;
    private const float Scale = 0.7f;

    private static readonly float[] _scores =
    [
        0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.MaxValue, float.MinValue, 1.5e-38f, -1e-30f, 1e-7f, 0.5f, -0.5f,
        -1f, 127f, 128f, -126.5f, 88.5f, -87.5f, 9.02f, -9.03f, 3e9f, -8388609f, 4194303.5f, 2.5f, -2.5f, Lower, Upper,
        .. RandomData.Normal(1, 200, deviation: 1f), .. RandomData.Normal(2, 200, deviation: 30f), .. RandomData.Uniform(3, 60, -1e-3f, 1e-3f),
    ];

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Panels_give_the_bits_of_scalar_code(Backend backend, int lanes)
    {
        int panel = 2 * lanes;
        int count = (_scores.Length + panel - 1) / panel;
        float[] scores = [.. _scores, .. new float[(count * panel) - _scores.Length]];
        var memory = new CallMemory();
        var calls = new List<int>();
        for (int turn = 0; turn < EachFunction.Functions; turn++)
        {
            int at = memory.Output(memory.Place(scores), scores.Length);
            float[] terms = [.. Enumerable.Range(0, RowTerms.Count).SelectMany(term =>
                Enumerable.Range(0, panel).Select(lane => Terms(lane + turn)[term]))];
            memory.Call(at, memory.Place(terms), memory.Place(Scale), count);
            calls.Add(at);
        }

        float[] after = memory.Run<FormulaPanel<EachFunction>>(Device(backend), lanes);

        for (int turn = 0; turn < calls.Count; turn++)
        {
            for (int index = 0; index < scores.Length; index++)
                Verify(after[calls[turn] + index], scores[index] * Scale, FirstKey + (index / panel), (index % panel) + turn);
        }
    }

    [Theory, EachBackend(4, ProcessorsOnly = true), EachBackend(8, ProcessorsOnly = true), EachBackend(16, ProcessorsOnly = true)]
    public void Rows_give_the_bits_of_scalar_code_and_say_whether_one_is_masked(Backend backend, int lanes)
    {
        var memory = new CallMemory();
        var calls = new List<(int Scores, int Flag, int First, int Count)>();
        for (int count = 1; count < 70; count++)
        {
            for (int first = 0; first < EachFunction.Functions; first += 3)
            {
                const int Rows = 2;
                int whole = (count + lanes - 1) / lanes * lanes;
                int stride = whole + (count % 3);
                float[] elements = new float[Rows * stride];
                for (int row = 0; row < Rows; row++)
                {
                    for (int key = 0; key < stride; key++)
                        elements[(row * stride) + key] = key < count ? _scores[(count + (7 * key) + row) % _scores.Length] : CallMemory.Guard;
                }

                int scores = memory.OutputRows(memory.Place(elements), Rows, stride, whole);
                int terms = memory.Place([.. Terms(first), .. Terms(first + 1)]);
                int flag = memory.Output(memory.Place(-1f), 1);
                memory.Call(scores, terms, memory.Place(Scale), flag, stride, Rows, count);
                calls.Add((scores, flag, first, count));
            }
        }

        float[] before = memory.Before;
        float[] after = memory.Run<FormulaRows<EachFunction>>(Device(backend), lanes);

        foreach ((int scores, int flag, int first, int count) in calls)
        {
            int whole = (count + lanes - 1) / lanes * lanes;
            bool none = true;
            for (int row = 0; row < 2; row++)
            {
                for (int key = 0; key < whole; key++)
                {
                    int at = scores + (row * (whole + (count % 3))) + key;
                    float result = Verify(after[at], key < count ? before[at] * Scale : 0f, FirstKey + key, first + row);
                    none &= result != float.NegativeInfinity;
                }
            }

            after[flag].Should().Be(none ? 1f : 0f);
        }
    }

    [Theory, EachBackend]
    public void Scalar_kernels_give_the_same_bits(Backend backend)
    {
        for (int function = 0; function < EachFunction.Functions; function++)
        {
            AttentionDevice device = Device(backend);
            TensorShape shape = [_scores.Length];
            using Tensor<float> scores = device.Upload(_scores, shape);
            using Tensor<float> functions = device.Upload(Enumerable.Repeat((float)function, _scores.Length).ToArray(), shape);
            using Tensor<float> keys = device.Upload(Enumerable.Repeat((float)FirstKey, _scores.Length).ToArray(), shape);
            using var result = GuardedTensor<float>.Poisoned(device, shape);
            device.LoadTileKernel<Elementwise<ScalarFunction>, ElementwiseArguments>().Run(
                device.DefaultStream, new ElementwiseArguments(scores.View.Data, functions.View.Data, keys.View.Data, result.View.Data), _scores.Length);
            device.Synchronize();
            float[] results = result.ToArray();
            for (int index = 0; index < _scores.Length; index++)
                Verify(results[index], _scores[index], FirstKey, function);
        }
    }

    [Fact]
    public void Tanh_is_within_5_ulp_also_next_to_0_and_never_beyond_1()
    {
        float[] positive = [.. RandomData.Uniform(5, 200_000, 0f, 9.1f), .. RandomData.Uniform(6, 100_000, -60f, 0f).Select(MathF.Exp), 20f, float.PositiveInfinity];
        float[] arguments = [.. positive, .. positive.Select(x => -x)];

        float[] results = Compute<Tanh>(arguments);

        results.Should().OnlyContain(result => Math.Abs(result) <= 1f);
        Units(results, arguments, Math.Tanh).Should().BeLessThanOrEqualTo(5);
        Compute<Tanh>([float.NaN])[0].Should().Be(float.NaN);
    }

    [Fact]
    public void Powers_are_within_2_ulp_and_those_of_whole_exponents_exact()
    {
        float[] exponents = [.. RandomData.Uniform(7, 200_000, -126f, 127f), .. RandomData.Uniform(8, 50_000, -8f, 0f)];
        float[] whole = [.. Enumerable.Range(-126, 254).Select(exponent => (float)exponent)];

        Units(Compute<Power>(exponents), exponents, exponent => Math.Pow(2, exponent)).Should().BeLessThanOrEqualTo(2);
        Compute<Power>(whole).Should().Equal(whole.Select(exponent => MathF.ScaleB(1f, (int)exponent)));
        Compute<Power>([float.NegativeInfinity, -200f, 128f, float.PositiveInfinity, float.NaN])
            .Should().Equal(0f, 0f, float.PositiveInfinity, float.PositiveInfinity, float.NaN);
    }

    [Fact]
    public void Exponentials_are_within_1_ulp_of_the_rounded_result()
    {
        float[] exponents = [0f, 88f, -87.33f, .. RandomData.Uniform(9, 200_000, -87.3f, 88f), .. RandomData.Uniform(10, 50_000, -1f, 1f)];

        Units(Compute<Exponent>(exponents), exponents, Math.Exp).Should().BeLessThanOrEqualTo(1);
        Compute<Exponent>([float.NegativeInfinity, -88f, 89f, float.PositiveInfinity, float.NaN])
            .Should().Equal(0f, 0f, float.PositiveInfinity, float.PositiveInfinity, float.NaN);
    }

    [Fact]
    public void The_floor_is_exact()
    {
        float[] numbers =
        [
            0f, 0.99999994f, -1e-30f, 8388607.5f, -8388607.5f, 8388608f, -8388609f, 1e30f, float.PositiveInfinity, float.NaN,
            .. Enumerable.Range(-50, 100).Select(half => half / 2f), .. RandomData.Normal(11, 10_000, deviation: 1e5f),
        ];

        Compute<Whole>(numbers).Should().Equal(numbers.Select(MathF.Floor));
    }

    private static float[] Terms(int row) => [row % EachFunction.Functions, Lower, Upper, Divisor];

    private static float Verify(float result, float score, float key, int row)
    {
        float[] terms = Terms(row);
        float expected = EachFunction.Apply<ScalarNumber>(score, key, new RowTerms<ScalarNumber>(terms[0], terms[1], terms[2], terms[3])).Value;
        if (BitConverter.SingleToInt32Bits(result) != BitConverter.SingleToInt32Bits(expected) && !(float.IsNaN(result) && float.IsNaN(expected)))
            Assert.Fail($"Function {terms[0]} of {score:G9} at key {key} is {result:G9}, and in scalar code {expected:G9}.");
        return expected;
    }

    private static float[] Compute<TFunction>(float[] arguments)
        where TFunction : struct, IFormula
    {
        float[] padded = [.. arguments, .. new float[Fp32x16.Lanes]];
        ref float first = ref MemoryMarshal.GetArrayDataReference(padded);
        for (int index = 0; index < arguments.Length; index += Fp32x16.Lanes)
        {
            Fp32x16 number = Fp32x16.Load(ref first, index);
            TFunction.Apply(number, number, default).Store(ref first, index);
        }

        return padded[..arguments.Length];
    }

    // The largest distance to the correctly rounded result, in floating-point numbers.
    private static int Units(float[] results, float[] arguments, Func<double, double> exact) => results.Zip(arguments, (result, argument) =>
        Math.Abs(BitConverter.SingleToInt32Bits(result) - BitConverter.SingleToInt32Bits((float)exact(argument)))).Max();

    private readonly struct Tanh : IFormula
    {
        public static T Apply<T>(T score, T key, in RowTerms<T> row)
            where T : struct, IScoreNumber<T> => ScoreMath.Tanh(score);
    }

    private readonly struct Power : IFormula
    {
        public static T Apply<T>(T score, T key, in RowTerms<T> row)
            where T : struct, IScoreNumber<T> => ScoreMath.Exp2(score);
    }

    private readonly struct Exponent : IFormula
    {
        public static T Apply<T>(T score, T key, in RowTerms<T> row)
            where T : struct, IScoreNumber<T> => ScoreMath.Exp(score);
    }

    private readonly struct Whole : IFormula
    {
        public static T Apply<T>(T score, T key, in RowTerms<T> row)
            where T : struct, IScoreNumber<T> => ScoreMath.Floor(score);
    }
}
