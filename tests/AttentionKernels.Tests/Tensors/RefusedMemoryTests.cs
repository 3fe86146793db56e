using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Tensors;

/// <summary>Memory, shapes and streams that cannot be had are refused by exceptions of the library's, or of .NET's for arguments.</summary>
[Trait("Speed", "Quick")]
public class RefusedMemoryTests(TestDevices devices) : DeviceTests(devices)
{
    [Fact]
    public void A_default_view_has_nothing_to_copy()
    {
        TensorView<float> view = default;

        view.Invoking(empty => empty.ToArray()).Should().Throw<InvalidOperationException>().WithMessage("*default value*");
        view.Invoking(empty => empty.CopyTo(new float[1])).Should().Throw<InvalidOperationException>();
        view.Invoking(empty => empty.CopyFrom([1f])).Should().Throw<InvalidOperationException>();
    }

    [Theory, EachBackend]
    public void Streams_that_are_disposed_or_of_another_device_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using AttentionDevice other = AttentionDevice.Open(Backends.Family(backend));
        using Tensor<float> tensor = device.Upload([1f], [1]);
        AcceleratorStream disposed = device.Accelerator.CreateStream();
        disposed.Dispose();

        tensor.Invoking(copied => copied.CopyFrom([1f], disposed)).Should().Throw<ObjectDisposedException>().WithMessage("*stream*");
        tensor.Invoking(copied => copied.ToArray(other.DefaultStream)).Should().Throw<ArgumentException>().WithParameterName("stream").WithMessage("*another device*");
        device.Invoking(used => used.Synchronize(other.DefaultStream)).Should().Throw<ArgumentException>().WithParameterName("stream");
        device.Invoking(used => used.Upload([1f], [1], disposed)).Should().Throw<ObjectDisposedException>();
        tensor.ToArray().Should().Equal(1f);
    }

    [Theory, EachBackend]
    public void Shapes_of_more_elements_than_64_bits_count_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using Tensor<float> tensor = device.Upload([1f], [1]);

        tensor.View.Invoking(view => view.Reshape([1L << 32, 1L << 32])).Should().Throw<ArgumentException>().WithParameterName("shape");
        device.Invoking(used => used.Allocate<byte>([long.MaxValue])).Should().Throw<DeviceMemoryException>().WithMessage("*its largest buffer*");
        device.Invoking(used => used.Allocate<float>([1L << 62])).Should().Throw<DeviceMemoryException>();
        device.Invoking(used => used.Allocate<float>([1L << 32, 1L << 32])).Should().Throw<DeviceMemoryException>();
        device.Invoking(used => used.Upload([1f], [1L << 32, 1L << 32])).Should().Throw<ArgumentException>().WithParameterName("elements");
        device.Invoking(used => used.Upload((float[])null!, [1])).Should().Throw<ArgumentNullException>().WithParameterName("elements");
        using Tensor<float> empty = device.Allocate<float>([long.MaxValue, 0, 3]);
        empty.ToArray().Should().BeEmpty();
    }

    [Theory, EachBackend]
    public void Elements_that_devices_have_no_form_of_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);

        Refused<bool>("Boolean");
        Refused<char>("Char");
        Refused<nint>("IntPtr");
        Refused<Flagged>("Flagged, which has a field of Boolean,");
        using Tensor<DayOfWeek> days = device.Upload([DayOfWeek.Friday], [1]);
        days.ToArray().Should().Equal(DayOfWeek.Friday);

        void Refused<T>(string named)
            where T : unmanaged
        {
            device.Invoking(used => used.Upload(new T[1], [1])).Should().Throw<NotSupportedException>().WithMessage($"*{named}*");
            device.Invoking(used => used.Allocate<T>([0])).Should().Throw<NotSupportedException>();
        }
    }

    [Theory, EachBackend]
    public void A_disposed_device_gives_no_stream(Backend backend)
    {
        AttentionDevice device = AttentionDevice.Open(Backends.Family(backend));
        device.Dispose();

        device.Invoking(disposed => disposed.DefaultStream).Should().Throw<ObjectDisposedException>();
    }

    [Fact]
    public void A_pool_of_more_pages_than_an_array_counts_is_refused() =>
        FluentActions.Invoking(() => new PageAllocator(int.MaxValue)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("pages");

    private readonly record struct Flagged((float Number, bool Flag) Field);
}
