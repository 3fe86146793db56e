using FluentAssertions;
using ILGPU.Runtime;
using Xunit;
using Xunit.Sdk;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The guards must see a write beside the payload and none in it.</summary>
[Trait("Speed", "Quick")]
public class GuardedTensorTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly TensorShape _shape = [2, 3, 2, 5];

    [Theory, EachBackend]
    public void Elements_come_back_through_gaps(Backend backend)
    {
        float[] elements = RandomData.Normal(1, _shape);
        using var tensor = GuardedTensor<float>.Of(Device(backend), elements, _shape, Strides.Padded(_shape, 1, 7));

        tensor.View.IsDense.Should().BeFalse();
        tensor.ToArray().Should().Equal(elements);
        tensor.VerifyUnchanged();
    }

    [Theory, EachBackend]
    public void A_payload_without_data_is_NaN(Backend backend)
    {
        using var tensor = GuardedTensor<float>.Poisoned(Device(backend), _shape, Strides.HeadsFirst(_shape));

        tensor.ToArray().Should().OnlyContain(element => float.IsNaN(element));
    }

    [Theory, EachBackend]
    public void Writing_the_payload_is_allowed_and_changes_the_snapshot(Backend backend)
    {
        using var tensor = GuardedTensor<float>.Poisoned(Device(backend), _shape);
        byte[] snapshot = tensor.Snapshot();

        tensor.View.CopyFrom(RandomData.Normal(2, _shape));

        tensor.Verify();
        tensor.Invoking(written => written.VerifySameAs(snapshot)).Should().Throw<XunitException>();
    }

    [Theory, EachBackend(-1), EachBackend(60), EachBackend(10)]
    public void Writing_before_behind_or_between_the_payload_fails(Backend backend, int offset)
    {
        AttentionDevice device = Device(backend);
        using var tensor = GuardedTensor<float>.Poisoned(device, [4, 10], [15, 1]);
        tensor.Around(offset).CopyFromCPU([0f]);

        tensor.Invoking(guarded => guarded.Verify()).Should().Throw<XunitException>().WithMessage($"*offset {offset} *");
    }

    [Theory, EachBackend]
    public void An_empty_payload_has_guards_on_both_sides(Backend backend)
    {
        using var tensor = GuardedTensor<float>.Poisoned(Device(backend), [0, 8]);

        tensor.ToArray().Should().BeEmpty();
        tensor.Verify();
    }
}
