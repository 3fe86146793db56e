using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.BadInput;

/// <summary>Views and references in masks and modifiers: what kernels cannot read is refused when a plan is made, and at every run.</summary>
[Trait("Speed", "Quick")]
public class VariantViewTests(TestDevices devices) : DeviceTests(devices)
{
    private static readonly TensorShape _shape = [1, 2, 1, 4];

    [Theory, EachBackend]
    public void A_default_view_is_refused_by_its_field_s_name(Backend backend) =>
        Device(backend).Invoking(device => device.PlanAttention(_shape, _shape, new KeptKeys(default)))
            .Should().Throw<ArgumentException>().WithParameterName("mask").WithMessage("The view '_kept' of KeptKeys has no memory*");

    [Theory, EachBackend]
    public void A_view_of_another_device_is_refused(Backend backend)
    {
        using AttentionDevice other = AttentionDevice.Open(Backends.Family(backend));
        using Tensor<int> kept = other.Upload([1, 1], [2]);

        Device(backend).Invoking(device => device.PlanAttention(_shape, _shape, new KeptKeys(kept.View.Data)))
            .Should().Throw<ArgumentException>().WithParameterName("mask").WithMessage("The view '_kept' of KeptKeys is on another device*");
    }

    [Theory, EachBackend]
    public void A_disposed_view_is_refused_by_a_plan_and_by_each_run_and_nothing_is_written(Backend backend)
    {
        AttentionDevice device = Device(backend);
        Tensor<int> kept = device.Upload([1, 0], [2]);
        var mask = new KeptKeys(kept.View.Data);
        using Tensor<float> tensor = device.Upload(RandomData.Normal(1, _shape), _shape);
        using var output = GuardedTensor<float>.Poisoned(device, _shape);
        using AttentionPlan<float> plan = device.PlanAttention(_shape, _shape, mask);
        kept.Dispose();

        plan.Invoking(made => made.Run(tensor, tensor, tensor, output)).Should().Throw<ObjectDisposedException>().WithMessage("The view '_kept' of KeptKeys*disposed*");
        device.Invoking(planning => planning.PlanAttention(_shape, _shape, mask)).Should().Throw<ObjectDisposedException>();

        output.VerifyUnchanged();
    }

    [Theory, EachBackend]
    public void A_reference_is_refused_on_every_device_alike_with_the_struct_named_first(Backend backend) =>
        Device(backend).Invoking(device => device.PlanAttention(_shape, _shape, new NoMask(), new NamedModifier("a name")))
            .Should().Throw<ArgumentException>().WithParameterName("modifier")
            .WithMessage("The struct NamedModifier cannot go to a device: its field 'Name' of NamedModifier is a reference, of type String*");

    /// <summary>A modifier with a field that is no number.</summary>
    public readonly struct NamedModifier(string name) : IScoreModifier<NamedModifier>
    {
        public string Name { get; } = name;

        public static float Apply(in NamedModifier self, float score, in Position at) => score;
    }
}
