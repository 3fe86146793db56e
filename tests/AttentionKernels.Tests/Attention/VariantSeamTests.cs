using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Attention;

/// <summary>Masks and modifiers of the tests, unknown to the library, work in every kernel on every backend.</summary>
public class VariantSeamTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly AttentionCase _case = new(2, 4, 2, 6, 11, 10, MaskKind.Full, MemoryLayout.Padded);

    [Theory, EachBackend]
    public void A_modifier_of_one_s_own_works_in_every_kernel(Backend backend) =>
        VerifyAll(backend, new CausalMask(), new DistanceBias(0.125f));

    [Theory, EachBackend]
    public void A_mask_of_one_s_own_works_in_every_kernel(Backend backend) =>
        VerifyAll(backend, new ParityMask(), new NoModifier());

    [Theory, EachBackend]
    public void A_mask_with_a_range_works_in_every_kernel(Backend backend) =>
        VerifyAll(backend, new WindowMask(3), new NoModifier());

    [Theory, EachBackend]
    public void A_modifier_may_mask_by_infinity_in_every_kernel(Backend backend) =>
        VerifyAll(backend, new NoMask(), new EveryThirdKey());

    [Theory, EachBackend]
    public void A_mask_and_a_modifier_may_hold_views_in_every_kernel(Backend backend)
    {
        int[] kept = [.. Enumerable.Range(0, _case.Keys).Select(key => key % 4)];
        float[] biases = RandomData.Normal(5, _case.Keys);
        using var deviceKept = GuardedTensor<int>.Of(Device(backend), kept, [kept.Length]);
        using var deviceBiases = GuardedTensor<float>.Of(Device(backend), biases, [biases.Length]);
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        var (mask, modifier) = (new HostKeptKeys(kept), new HostKeyBias(biases));
        (double[] output, double[] logSumExp) = AttentionOracle.Compute(inputs, mask, modifier);
        float[] sequential = AttentionOracle.Sequential(inputs, mask, modifier);
        foreach (AttentionOptions options in Schedules.Of(backend))
        {
            AttentionResult result = AttentionRunner.Run(
                Device(backend), _case, inputs, new KeptKeys(deviceKept.View.Data), new KeyBias(deviceBiases.View.Data), options);
            ErrorRule.Verify(result.Output, output, sequential, inputs.Value);
            ErrorRule.VerifyLogSumExp(result.LogSumExp, logSumExp);
        }
    }

    [Theory, EachBackend]
    public void A_mask_that_cannot_be_compiled_is_refused_by_name_and_leaves_the_device_usable(Backend backend)
    {
        // A device of the test's own: what a failed compilation spoils must not reach other tests.
        using AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        Action plan = () => device.PlanAttention(_case.QueryShape, _case.KeyShape, new ThrowingMask()).Dispose();

        // The managed CPU runs a mask as it is: there is nothing to compile.
        if (device.Description.Kind == DeviceKind.Cpu)
            plan.Should().NotThrow();
        else
            plan.Should().Throw<KernelCompilationException>().WithMessage("TiledAttention*ThrowingMask*cannot be compiled*");

        AttentionRunner.Verify(device, _case, AttentionRunner.Inputs(_case), new RecoveryMask(), new NoModifier(), new AttentionOptions());
    }

    private void VerifyAll<TMask, TModifier>(Backend backend, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        foreach (AttentionOptions options in Schedules.Of(backend))
            AttentionRunner.Verify(Device(backend), _case, inputs, mask, modifier, options);
    }
}
