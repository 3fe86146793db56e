using AttentionKernels.Tests.Attention.Variants;
using AttentionKernels.Tests.BadInput;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Reference attention is the definition, to the precision of fp64.</summary>
[Trait("Speed", "Quick")]
public class ReferenceAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    // A modifier's functions are fp32.
    private const double ModifierTolerance = 4e-6;

    private static readonly AttentionCase _small = new(1, 2, 1, 7, 9, 12, MaskKind.CausalBottomRight, MemoryLayout.Dense);

    public static IEnumerable<string> Cases =>
    [
        "1x1/1x1x1x1 Full Dense", "2x4/2x5x9x19 CausalBottomRight Dense", "1x6/3x33x31x7 CausalBottomRight Padded",
        "2x3/1x9x21x24 CausalTopLeft HeadsFirst", "1x2/1x10x3x8 CausalBottomRight PaddedValues", "1x2/2x3x70x65 Full Padded",
        "1x1/1x2x5x512 Full Dense", "1x2/1x0x5x8 Full Dense", "1x2/1x5x0x8 CausalBottomRight Dense", "0x2/1x5x5x8 Full Dense",
        "3x9/1x1x40x16 CausalBottomRight HeadsFirst", "1x1/1x130x3x4 CausalTopLeft Dense",
    ];

    [Theory, EachBackend(Cases = nameof(Cases))]
    public void Agrees_with_the_oracle(Backend backend, string text)
    {
        var attention = AttentionCase.Parse(text);
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        switch (attention.Mask)
        {
            case MaskKind.Full:
                Verify(backend, attention, inputs, new NoMask());
                break;
            case MaskKind.CausalTopLeft:
                Verify(backend, attention, inputs, new CausalMask(CausalAlignment.TopLeft));
                break;
            default:
                Verify(backend, attention, inputs, new CausalMask());
                break;
        }
    }

    [Theory, EachBackend]
    public void Masks_combine(Backend backend)
    {
        AttentionCase attention = new(2, 4, 2, 20, 37, 8, MaskKind.Full, MemoryLayout.Dense);
        using Tensor<int> offsets = Device(backend).Upload([0, 9, 25, 37], [4]);
        using Tensor<uint> words = Device(backend).Upload([.. Enumerable.Range(0, 20 * 2).Select(word => 0x9E37_79B9u * (uint)word)], [20, 2]);
        bool Bit(Position at) => ((0x9E37_79B9u * (uint)((at.Query * 2) + (at.Key / 32))) >> (at.Key % 32) & 1) != 0;
        int Document(int token) => token < 9 ? 0 : token < 25 ? 1 : 2;

        Verify(
            backend, attention, AttentionRunner.Inputs(attention),
            new SlidingWindowMask(6, 2).And(new DocumentMask(offsets)).Or(new BitMask(words)),
            new MaskBy(at => (at.Key - at.QueryPosition is >= -6 and <= 2 && Document(at.Key) == Document(at.QueryPosition)) || Bit(at)));
    }

    [Theory, EachBackend]
    public void Scores_are_modified_in_fp32(Backend backend)
    {
        AttentionCase attention = new(2, 4, 2, 5, 11, 8, MaskKind.Full, MemoryLayout.Dense);
        float[] numbers = RandomData.Normal(8, 5 * 11);
        for (int index = 0; index < numbers.Length; index += 3)
            numbers[index] = float.NegativeInfinity;
        using Tensor<float> bias = Device(backend).Upload(numbers, [5, 11]);

        VerifyModified(backend, attention, new AlibiBias(4), new AlibiBias(4));
        VerifyModified(backend, attention, new SoftCap(2f).Then(new DenseBias(bias)), new ScoreBy(
            (score, at) => (2f * MathF.Tanh(score / 2f)) + numbers[(at.Query * 11) + at.Key]));
    }

    [Theory, EachBackend]
    public void A_sink_takes_its_share(Backend backend)
    {
        // The only score is 0, and the weights of it and of the sinks are 1 and 2, or e^(−1000); of −∞ there is none.
        float two = (float)Math.Log(2);
        using Tensor<float> sinks = Device(backend).Upload([two, 1000f, float.NegativeInfinity], [3]);
        AttentionCase attention = new(1, 3, 1, 2, 1, 4, MaskKind.Full, MemoryLayout.Dense);
        AttentionInputs inputs = AttentionRunner.Inputs(attention) with { Key = new float[4], Value = [3f, 6f, -9f, 12f] };

        (double[] output, double[] logSumExp) = Run(Device(backend), attention, inputs, new CausalMask(CausalAlignment.TopLeft), new AttentionSinks(sinks));

        double share = 1 / (1 + Math.Exp(two));
        double[] row = [.. inputs.Value.Select(value => value * share), 0, 0, 0, 0, 3, 6, -9, 12];
        ErrorRule.VerifyFp64(output, [.. row, .. row], 12);
        ErrorRule.VerifyFp64(logSumExp, [-Math.Log(share), -Math.Log(share), 1000, 1000, 0, 0], 1);
    }

    [Theory, EachBackend]
    public void Sums_of_whole_numbers_are_exact_beyond_fp32(Backend backend)
    {
        // With a scale of 0 all weights are 1, and the mean of 8 numbers is exact.
        const double Large = 1L << 45;
        double[] values = [.. Enumerable.Range(0, 16).Select(index => Large + (8 * index) + (index % 2))];
        using Tensor<double> query = Device(backend).Upload([1e10, -3], [1, 1, 1, 2]);
        using Tensor<double> key = Device(backend).Upload(values, [1, 8, 1, 2]);
        using Tensor<double> output = Device(backend).Allocate<double>([1, 1, 1, 2]);

        Device(backend).PlanReferenceAttention(new NoMask(), scale: 0).Run(query, key, key, output);

        output.ToArray().Should().Equal(Large + 56, Large + 65);
    }

    [Theory, EachBackend]
    public void Scores_differ_by_what_fp32_has_no_bits_for(Backend backend)
    {
        // 2³⁰ and 2³⁰ + 1, by which softmax tells two keys apart.
        using Tensor<double> query = Device(backend).Upload([1073741824.0], [1, 1, 1, 1]);
        using Tensor<double> key = Device(backend).Upload([1, 1 + Math.Pow(2, -30)], [1, 2, 1, 1]);
        using Tensor<double> value = Device(backend).Upload([0.0, 1], [1, 2, 1, 1]);
        using Tensor<double> output = Device(backend).Allocate<double>([1, 1, 1, 1]);
        using Tensor<double> logSumExp = Device(backend).Allocate<double>([1, 1, 1]);

        Device(backend).PlanReferenceAttention(new NoMask(), scale: 1).Run(query, key, value, output, logSumExp);

        ErrorRule.VerifyFp64(output.ToArray(), [1 / (1 + Math.Exp(-1))], 1);
        ErrorRule.VerifyFp64([logSumExp.ToArray()[0] - (1 << 30)], [1 + Math.Log(1 + Math.Exp(-1))], 1e7);
    }

    [Theory, EachBackend]
    public void The_scale_is_that_of_the_head_dimension_in_fp64_unless_it_is_given(Backend backend)
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_small);

        (double[] output, double[] logSumExp) = Run(Device(backend), _small, inputs, new CausalMask(), new NoModifier());
        (double[] given, double[] givenStates) = Run(Device(backend), _small, inputs, new CausalMask(), new NoModifier(), 1 / Math.Sqrt(12));
        (double[] other, _) = Run(Device(backend), _small, inputs, new CausalMask(), new NoModifier(), (float)(1 / Math.Sqrt(12)));

        given.Should().Equal(output);
        givenStates.Should().Equal(logSumExp);
        other.Should().NotEqual(output);
    }

    [Theory, EachBackend]
    public void A_negative_scale_turns_no_mask_round(Backend backend) =>
        Verify(backend, _small, AttentionRunner.Inputs(_small) with { Scale = -0.75f }, new CausalMask(CausalAlignment.TopLeft));

    [Theory, EachBackend]
    public void What_is_masked_never_shows_and_what_is_attended_does(Backend backend)
    {
        // Top-left: the last two keys are masked for every query, and key 6 for all but the last.
        AttentionInputs inputs = AttentionRunner.Inputs(_small);
        foreach (int key in new[] { 6, 7, 8 })
        {
            inputs.Key.AsSpan(inputs.KeyRow(0, 0, key), 12).Fill(key == 8 ? float.PositiveInfinity : float.NaN);
            inputs.Value.AsSpan(inputs.KeyRow(0, 0, key), 12).Fill(float.NaN);
        }

        (double[] output, double[] logSumExp) = Run(
            Device(backend), _small, inputs, new CausalMask(CausalAlignment.TopLeft), new NoModifier());

        int lastRow = inputs.QueryRow(0, 0, 6);
        output.AsSpan(0, lastRow).ToArray().Should().OnlyContain(element => double.IsFinite(element));
        output.AsSpan(lastRow).ToArray().Should().OnlyContain(element => double.IsNaN(element));
        double.IsNaN(logSumExp[inputs.StateIndex(0, 1, 6)]).Should().BeTrue();
        double.IsFinite(logSumExp[inputs.StateIndex(0, 1, 5)]).Should().BeTrue();
    }

    [Theory, EachBackend]
    public void Values_may_have_a_dimension_of_their_own(Backend backend)
    {
        AttentionCase attention = _small with { HeadDimension = 5 };
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        double[] wide = Doubles(RandomData.Normal(9, 9 * 11));
        using Tensor<double> query = Device(backend).Upload(Doubles(inputs.Query), attention.QueryShape);
        using Tensor<double> key = Device(backend).Upload(Doubles(inputs.Key), attention.KeyShape);
        using Tensor<double> value = Device(backend).Upload(wide, [1, 9, 1, 11]);
        using var output = GuardedTensor<double>.Poisoned(Device(backend), [1, 7, 2, 11]);

        Device(backend).PlanReferenceAttention(new CausalMask(), DefaultScale(inputs)).Run(query, key, value, output);

        // Attention is a sum of each column of values by itself: the oracle takes five at a time.
        output.Verify();
        double[] result = output.ToArray();
        for (int first = 0; first < 11; first += 3)
        {
            int count = Math.Min(5, 11 - first);
            float[] columns = [.. Enumerable.Range(0, 9).SelectMany(token => Enumerable.Range(0, 5).Select(
                column => column < count ? (float)wide[(token * 11) + first + column] : 0f))];
            (double[] expected, _) = AttentionOracle.Compute(inputs with { Value = columns }, new CausalMask(), new NoModifier());
            for (int row = 0; row < 14; row++)
                ErrorRule.VerifyFp64(result.AsSpan((row * 11) + first, count), expected.AsSpan(row * 5, count), 4);
        }
    }

    [Theory, EachBackend]
    public void Other_kernels_are_as_far_from_it_as_from_the_oracle(Backend backend)
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_small) with { Scale = 0.25f };
        AttentionResult tested = AttentionRunner.Run(Device(backend), _small, inputs, new CausalMask(), new NoModifier(), new AttentionOptions());

        (double[] output, double[] logSumExp) = Run(Device(backend), _small, inputs, new CausalMask(), new NoModifier(), 0.25);

        float[] sequential = AttentionOracle.Sequential(inputs, new CausalMask(), new NoModifier());
        ErrorRule.Verify(tested.Output, output, sequential, inputs.Value);
        ErrorRule.VerifyLogSumExp(tested.LogSumExp, logSumExp);
    }

    [Theory, EachBackend]
    public void A_device_without_fp64_refuses_it(Backend backend)
    {
        using AttentionDevice without = Device(backend).As(Device(backend).Description with { Float64 = false });

        without.Invoking(device => device.PlanReferenceAttention(new NoMask())).Should().Throw<NotSupportedException>().WithMessage("*no 64-bit*");
    }

    [Theory, EachBackend]
    public void What_cannot_go_to_a_device_is_refused_when_the_plan_is_made(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Refuses(() => device.PlanReferenceAttention(new NoMask(), double.PositiveInfinity), "scale", "*must be finite*");
        Refuses(() => device.PlanReferenceAttention(new BoolMask(true)), "mask", "*'strict' of BoolMask is a bool*");
        Refuses(() => device.PlanReferenceAttention(new NoMask(), new BoolModifier()), "modifier", "*is a bool*");
        Refuses(() => device.PlanReferenceAttention(default(DocumentMask)), "mask", "*_offsets*has no memory*");
    }

    [Theory, EachBackend]
    public void Tensors_that_do_not_fit_are_refused_by_name_and_nothing_is_written(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TensorShape queryShape = _small.QueryShape, keyShape = _small.KeyShape;
        using var query = GuardedTensor<double>.Of(device, Doubles(RandomData.Normal(1, queryShape)), queryShape);
        using var key = GuardedTensor<double>.Of(device, Doubles(RandomData.Normal(2, keyShape)), keyShape);
        using var output = GuardedTensor<double>.Poisoned(device, queryShape);
        using var states = GuardedTensor<double>.Poisoned(device, _small.StateShape);
        using Tensor<double> other = device.Allocate<double>([4096]);
        TensorView<double> Of(TensorShape shape) => new(other.View.Data.SubView(0, shape.ElementCount), shape);
        ReferenceAttentionPlan plan = device.PlanReferenceAttention(new NoMask());

        Refuses(() => plan.Run(Of([7, 2, 12]), key, key, output), "query", "*must be [batch*");
        Refuses(() => plan.Run(query, Of([2, 9, 1, 12]), key, output), "key", "*batch is 2*1*");
        Refuses(() => plan.Run(query, Of([1, 9, 1, 13]), key, output), "key", "*dimension is 13*12*");
        Refuses(() => plan.Run(query, Of([1, 9, 3, 12]), Of([1, 9, 3, 12]), output), "key", "*2 query heads and 3 kv heads*");
        Refuses(() => plan.Run(query, key, Of([1, 8, 1, 12]), output), "value", "*must be [1, 9, 1, 12*");
        Refuses(() => plan.Run(query, key, Of([1, 9, 1, 0]), output), "value", "*dimension is 0*1 to 512*");
        Refuses(() => plan.Run(query, key, Of([9, 1, 12]), output), "value", "*of rank 3*");
        Refuses(() => plan.Run(query, key, key, Of([1, 7, 2, 11])), "output", "*must be [1, 7, 2, 12*");
        Refuses(() => plan.Run(query, key, key, query), "output", "*query*");
        Refuses(() => plan.Run(query, key, key, output, Of([1, 7, 2])), "logSumExp", "*must be [1, 2, 7*");
        foreach (TensorView<double> tensor in new[] { query.View, key.View, output.View })
            Refuses(() => plan.Run(query, key, key, output, new TensorView<double>(tensor.Data.SubView(0, 14), [1, 2, 7])), "logSumExp", "*");
        Refuses(() => plan.Run(query, Of(keyShape), key, output, Of([1, 2, 7])), "logSumExp", "*key*");
        Refuses(() => plan.Run(query, key, Of(keyShape), output, Of([1, 2, 7])), "logSumExp", "*value*");
        Refuses(() => device.PlanReferenceAttention(new NoMask(), new AlibiBias(3)).Run(query, key, key, output), "modifier", "*3 heads*2*");
        output.VerifyUnchanged();
        states.VerifyUnchanged();

        Tensor<float> bias = device.Allocate<float>([7, 9]);
        ReferenceAttentionPlan biased = device.PlanReferenceAttention(new NoMask(), new DenseBias(bias));
        bias.Dispose();
        biased.Invoking(used => used.Run(query, key, key, output)).Should().Throw<ObjectDisposedException>();
    }

    private static void Refuses(Action call, string name, string message) =>
        call.Should().Throw<ArgumentException>().WithParameterName(name).WithMessage(message);

    private void Verify<TMask>(Backend backend, AttentionCase attention, AttentionInputs inputs, TMask mask)
        where TMask : struct, IMask<TMask> => Verify(backend, attention, inputs, mask, mask);

    private void Verify<TMask, THostMask>(Backend backend, AttentionCase attention, AttentionInputs inputs, TMask mask, THostMask hostMask)
        where TMask : struct, IMask<TMask>
        where THostMask : struct, IMask<THostMask>
    {
        (double[] output, double[] logSumExp) = Run(Device(backend), attention, inputs, mask, new NoModifier(), DefaultScale(inputs));

        (double[] expected, double[] expectedStates) = AttentionOracle.Compute(inputs, hostMask, new NoModifier());
        ErrorRule.VerifyFp64(output, expected, inputs.Value.Select(Math.Abs).DefaultIfEmpty().Max());
        ErrorRule.VerifyFp64(logSumExp, expectedStates, 10);
    }

    private void VerifyModified<TModifier, THostModifier>(Backend backend, AttentionCase attention, TModifier modifier, THostModifier hostModifier)
        where TModifier : struct, IScoreModifier<TModifier>
        where THostModifier : struct, IScoreModifier<THostModifier>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(attention);
        (double[] output, double[] logSumExp) = Run(Device(backend), attention, inputs, new CausalMask(), modifier, DefaultScale(inputs));

        (double[] expected, double[] expectedStates) = AttentionOracle.Compute(inputs, new CausalMask(), hostModifier);
        output.Should().HaveSameCount(expected);
        output.Zip(expected).Should().OnlyContain(pair => Math.Abs(pair.First - pair.Second) <= ModifierTolerance);
        logSumExp.Zip(expectedStates).Should().OnlyContain(pair => pair.First.Equals(pair.Second) || Math.Abs(pair.First - pair.Second) <= ModifierTolerance);
    }

    // The oracle's, which is fp32.
    private static double DefaultScale(AttentionInputs inputs) => inputs.Scale ?? (float)(1 / Math.Sqrt(inputs.HeadDimension));

    private static (double[] Output, double[] LogSumExp) Run<TMask, TModifier>(
        AttentionDevice device, AttentionCase attention, AttentionInputs inputs, TMask mask, TModifier modifier, double? scale = null)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        TensorShape queryStrides = AttentionRunner.StridesOf(attention.QueryShape, attention.Layout);
        TensorShape keyStrides = AttentionRunner.StridesOf(attention.KeyShape, attention.Layout);
        TensorShape valueStrides = attention.Layout == MemoryLayout.PaddedValues ? Strides.Padded(attention.KeyShape, 2, 8) : keyStrides;
        using var query = GuardedTensor<double>.Of(device, Doubles(inputs.Query), attention.QueryShape, queryStrides);
        using var key = GuardedTensor<double>.Of(device, Doubles(inputs.Key), attention.KeyShape, keyStrides);
        using var value = GuardedTensor<double>.Of(device, Doubles(inputs.Value), attention.KeyShape, valueStrides);
        using var output = GuardedTensor<double>.Poisoned(device, attention.QueryShape, queryStrides);
        using var logSumExp = GuardedTensor<double>.Poisoned(device, attention.StateShape);

        device.PlanReferenceAttention(mask, modifier, scale).Run(query, key, value, output, logSumExp.View);
        device.Synchronize();

        query.VerifyUnchanged();
        key.VerifyUnchanged();
        value.VerifyUnchanged();
        output.Verify();
        logSumExp.Verify();
        return (output.ToArray(), logSumExp.ToArray());
    }

    private static double[] Doubles(float[] numbers) => Array.ConvertAll(numbers, number => (double)number);
}
