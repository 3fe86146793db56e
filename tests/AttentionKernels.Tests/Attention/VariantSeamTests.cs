using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
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

    private void VerifyAll<TMask, TModifier>(Backend backend, TMask mask, TModifier modifier)
        where TMask : struct, IMask<TMask>
        where TModifier : struct, IScoreModifier<TModifier>
    {
        AttentionInputs inputs = AttentionRunner.Inputs(_case);
        foreach (AttentionOptions options in Schedules.Of(backend))
            AttentionRunner.Verify(Device(backend), _case, inputs, mask, modifier, options);
    }
}
