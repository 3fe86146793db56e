using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.CPU;
using Xunit;

namespace AttentionKernels.Tests.Devices;

/// <summary>An application's own ILGPU context and accelerator.</summary>
[Trait("Speed", "Quick")]
public class AttachingTests
{
    [Theory, EachBackend(ProcessorsOnly = true)]
    public void A_prepared_accelerator_can_be_attached_and_outlives_the_device(Backend backend)
    {
        using Context context = Context.Create(builder => Enable(builder.AttentionKernels(), backend));
        using Accelerator accelerator = Create(context);

        using (AttentionDevice device = AttentionDevice.Attach(accelerator))
        {
            device.Accelerator.Should().BeSameAs(accelerator);
            device.Description.Family.Should().Be(Backends.Family(backend));
            Attend(device).Should().Equal(3f);
        }

        accelerator.IsDisposed.Should().BeFalse();
        using MemoryBuffer1D<int, Stride1D.Dense> buffer = accelerator.Allocate1D([1, 2, 3]);
        buffer.GetAsArray1D().Should().Equal(1, 2, 3);
    }

    [Theory, EachBackend(ProcessorsOnly = true)]
    public void An_accelerator_can_be_attached_again(Backend backend)
    {
        using Context context = Context.Create(builder => Enable(builder.AttentionKernels(), backend));
        using Accelerator accelerator = Create(context);

        for (int round = 0; round < 2; round++)
        {
            using AttentionDevice device = AttentionDevice.Attach(accelerator);
            Attend(device).Should().Equal(3f);
        }
    }

    [Fact]
    public void Preparing_a_context_twice_is_harmless()
    {
        using Context context = Context.Create(builder => builder.AttentionKernels().AttentionKernels().CPU());
        using Accelerator accelerator = Create(context);
        using AttentionDevice device = AttentionDevice.Attach(accelerator);

        Attend(device).Should().Equal(3f);
    }

    [Fact]
    public void An_unprepared_accelerator_is_refused_with_the_way_to_prepare_it()
    {
        using Context context = Context.Create(builder => builder.CPU());
        using Accelerator accelerator = Create(context);
        Action attach = () => AttentionDevice.Attach(accelerator);

        attach.Should().Throw<UnpreparedContextException>().WithMessage("*.AttentionKernels()*");
    }

    [Fact]
    public void A_disposed_accelerator_is_refused()
    {
        using Context context = Context.Create(builder => builder.AttentionKernels().CPU());
        Accelerator accelerator = Create(context);
        accelerator.Dispose();
        Action attach = () => AttentionDevice.Attach(accelerator);

        attach.Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void No_accelerator_is_refused()
    {
        Action attach = () => AttentionDevice.Attach(null!);

        attach.Should().Throw<ArgumentNullException>().WithParameterName("accelerator");
    }

    private static void Enable(Context.Builder builder, Backend backend) =>
        _ = backend == Backend.OpenCl ? builder.AttentionKernelsOpenCl() : builder.CPU();

    private static Accelerator Create(Context context) => context.Devices[0].CreateAccelerator(context);

    private static float[] Attend(AttentionDevice device)
    {
        using Tensor<float> one = device.Upload([1f], [1, 1, 1, 1]);
        using Tensor<float> three = device.Upload([3f], [1, 1, 1, 1]);
        using Tensor<float> output = device.Attention(one, one, three, new NoMask());
        return output.ToArray();
    }
}
