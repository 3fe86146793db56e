using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>A device says once what it compiles, and of each plan what it chose; runs say nothing.</summary>
[Trait("Speed", "Quick")]
public class DeviceEventTests
{
    private static readonly TensorShape _shape = [1, 4, 2, 32];

    [Theory, EachBackend]
    public void Kernels_are_said_when_they_are_compiled_and_plans_each_time(Backend backend)
    {
        using AttentionDevice device = AttentionDevice.Open(Backends.Find(backend)!.Selector);
        var kernels = new List<(string Name, TimeSpan Duration)>();
        var plans = new List<string>();
        device.KernelCompiled += (name, duration) => kernels.Add((name, duration));
        device.PlanMade += plans.Add;

        using AttentionPlan<float> first = device.PlanAttention(_shape, _shape, new CausalMask());
        kernels.Should().NotBeEmpty().And.OnlyContain(kernel => kernel.Name.Length > 0 && kernel.Duration > TimeSpan.Zero);
        plans.Should().Equal(first.Explain());

        using Tensor<float> tensor = device.Allocate<float>(_shape);
        using Tensor<float> output = device.Allocate<float>(_shape);
        kernels.Clear();
        first.Run(tensor, tensor, tensor, output);
        device.Synchronize();
        using AttentionPlan<float> second = device.PlanAttention(_shape, _shape, new CausalMask());

        kernels.Should().BeEmpty();
        plans.Should().HaveCount(2);
    }

    [Fact]
    public void A_handler_s_exception_reaches_the_caller_and_the_next_call_works()
    {
        using AttentionDevice device = AttentionDevice.Open(DeviceKind.Cpu);
        var compiled = new List<string>();
        Action<string, TimeSpan> refuseKernel = (name, _) =>
        {
            compiled.Add(name);
            throw new FormatException("kernel");
        };
        Action<string> refusePlan = _ => throw new FormatException("plan");

        device.KernelCompiled += refuseKernel;
        device.Invoking(device => device.PlanAttention(_shape, _shape, new CausalMask())).Should().Throw<FormatException>().WithMessage("kernel");
        device.KernelCompiled -= refuseKernel;
        device.KernelCompiled += (name, _) => compiled.Add(name);
        device.PlanMade += refusePlan;
        device.Invoking(device => device.PlanAttention(_shape, _shape, new CausalMask())).Should().Throw<FormatException>().WithMessage("plan");
        device.PlanMade -= refusePlan;
        using AttentionPlan<float> plan = device.PlanAttention(_shape, _shape, new CausalMask());

        plan.Explain().Should().NotBeEmpty();
        compiled.Should().OnlyHaveUniqueItems("what was compiled stays so");
    }
}
