using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

[Trait("Speed", "Quick")]
public class TensorTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void Elements_make_the_round_trip_bit_by_bit(Backend backend)
    {
        float[] elements = [0f, -0f, float.NaN, float.PositiveInfinity, float.NegativeInfinity, float.Epsilon, float.MaxValue, 1f / 3];
        using Tensor<float> tensor = Device(backend).Upload(elements, [2, 4]);

        tensor.ToArray().Select(BitConverter.SingleToUInt32Bits).Should().Equal(elements.Select(BitConverter.SingleToUInt32Bits));
        tensor.Shape.Should().Equal(2, 4);
        tensor.Device.Should().BeSameAs(Device(backend));
    }

    [Theory, EachBackend]
    public void Every_element_type_makes_the_round_trip(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<byte> bytes = device.Upload<byte>([1, 2, 255], [3]);
        using Tensor<long> longs = device.Upload([long.MinValue, long.MaxValue], [2]);
        using Tensor<double> doubles = device.Upload([Math.PI], [1]);

        bytes.ToArray().Should().Equal(1, 2, 255);
        longs.ToArray().Should().Equal(long.MinValue, long.MaxValue);
        doubles.ToArray().Should().Equal(Math.PI);
    }

    [Theory, EachBackend]
    public void Empty_tensors_are_legal(Backend backend)
    {
        using Tensor<float> tensor = Device(backend).Upload<float>([], [3, 0, 2]);

        tensor.View.ElementCount.Should().Be(0);
        tensor.View.IsDense.Should().BeTrue();
        tensor.View.Data.Length.Should().Be(0);
        tensor.ToArray().Should().BeEmpty();
        tensor.CopyFrom([]);
        tensor.Slice(0, 1, 1).ToArray().Should().BeEmpty();
        tensor.Slice(1, 0, 0).Transpose(0, 2).ToArray().Should().BeEmpty();
    }

    [Theory, EachBackend]
    public void A_tensor_without_dimensions_is_one_element(Backend backend)
    {
        using Tensor<float> tensor = Device(backend).Upload([5f], []);

        tensor.ToArray().Should().Equal(5f);
    }

    [Theory, EachBackend]
    public void Copies_of_another_length_are_refused_and_write_nothing(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> tensor = device.Upload([1f, 2f, 3f], [3]);
        float[] target = [7f, 7f];

        tensor.Invoking(shorter => shorter.CopyFrom([9f, 9f])).Should().Throw<ArgumentException>().WithParameterName("source").WithMessage("2 elements*[3] has 3*");
        tensor.Invoking(longer => longer.CopyTo(target)).Should().Throw<ArgumentException>().WithParameterName("target");
        device.Invoking(open => open.Upload([1f, 2f], [3])).Should().Throw<ArgumentException>().WithParameterName("elements");
        tensor.ToArray().Should().Equal(1f, 2f, 3f);
        target.Should().Equal(7f, 7f);
    }

    [Theory, EachBackend]
    public void Negative_extents_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);

        device.Invoking(open => open.Allocate<float>([2, -1])).Should().Throw<ArgumentException>().WithParameterName("shape").WithMessage("*[2, -1]*");
        device.Invoking(open => open.Allocate<float>([-2, -1])).Should().Throw<ArgumentException>().WithParameterName("shape");
        device.Invoking(open => open.Upload([1f, 1f], [-2, -1])).Should().Throw<ArgumentException>().WithParameterName("shape");
    }

    [Theory, EachBackend]
    public void More_memory_than_there_is_is_a_typed_exception_and_the_device_goes_on(Backend backend)
    {
        AttentionDevice device = Device(backend);

        device.Invoking(open => open.Allocate<float>([1L << 50])).Should().Throw<DeviceMemoryException>().WithMessage("*[1125899906842624]*");
        device.Invoking(open => open.Allocate<float>([1L << 50])).Should().Throw<DeviceMemoryException>()
            .WithMessage(backend == Backend.OpenCl ? "*OpenCL error -*CL_*" : backend == Backend.Cuda ? "*CUDA error*" : "*memory*");
        device.Invoking(open => open.Allocate<float>([1L << 40, 1L << 40])).Should().Throw<DeviceMemoryException>();
        using Tensor<float> tensor = device.Upload([1f], [1]);
        tensor.ToArray().Should().Equal(1f);
    }

    [Theory, EachBackend]
    public void A_disposed_tensor_refuses_everything(Backend backend)
    {
        Tensor<float> tensor = Device(backend).Upload([1f], [1]);
        tensor.Dispose();
        tensor.Dispose();

        tensor.IsDisposed.Should().BeTrue();
        tensor.Invoking(disposed => disposed.View).Should().Throw<ObjectDisposedException>();
        tensor.Invoking(disposed => disposed.ToArray()).Should().Throw<ObjectDisposedException>();
        tensor.Invoking(disposed => disposed.CopyFrom([1f])).Should().Throw<ObjectDisposedException>();
        tensor.Invoking(disposed => disposed.Slice(0, 0, 1)).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => (TensorView<float>)tensor).Should().Throw<ObjectDisposedException>();
    }

    [Theory, EachBackend]
    public void A_view_kept_from_before_the_disposal_is_no_way_in(Backend backend)
    {
        Tensor<float> tensor = Device(backend).Upload([1f, 2f], [2]);
        TensorView<float> view = tensor;
        tensor.Dispose();

        FluentActions.Invoking(() => view.ToArray()).Should().Throw<ObjectDisposedException>();
        FluentActions.Invoking(() => view.CopyFrom([1f, 2f])).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void No_tensor_has_no_view() =>
        FluentActions.Invoking(() => (TensorView<float>)(Tensor<float>)null!).Should().Throw<ArgumentNullException>();

    [Theory, EachBackend]
    public void Memory_of_ILGPU_becomes_a_view_and_a_view_gives_it_back(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using MemoryBuffer1D<float, Stride1D.Dense> buffer = device.Accelerator.Allocate1D([1f, 2f, 3f, 4f, 5f, 6f]);

        var view = new TensorView<float>(buffer.View.AsContiguous(), [2, 3]);

        view.Slice(0, 1, 1).ToArray().Should().Equal(4f, 5f, 6f);
        view.Slice(0, 1, 1).Data.Length.Should().Be(3);
        view.Slice(0, 1, 1).CopyFrom([7f, 8f, 9f]);
        buffer.GetAsArray1D().Should().Equal(1f, 2f, 3f, 7f, 8f, 9f);
    }
}
