using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;

namespace AttentionKernels.Tests.Infrastructure;

/// <summary>The recorder itself is under test here: it must see what it is there for.</summary>
[Trait("Speed", "Quick")]
public class BoundsRecorderTests(TestDevices devices) : DeviceTests(devices)
{
    [Fact]
    public void An_element_access_out_of_bounds_in_a_tile_kernel_is_recorded_and_stops_the_tile()
    {
        AttentionDevice device = Device(Backend.Cpu);
        using Tensor<float> tensor = device.Allocate<float>([4]);
        TileKernel<WriteOneBeyond, ArrayView<float>> kernel = device.LoadTileKernel<WriteOneBeyond, ArrayView<float>>();

        Action run = () => kernel.Run(device.DefaultStream, tensor.View.Data, 4);

        run.Should().Throw<BoundsException>();
        Bounds.Take().Should().NotBeEmpty().And.AllSatisfy(record => record.Should().Contain(nameof(WriteOneBeyond)));
    }

    [Fact]
    public void An_element_access_out_of_bounds_on_a_kernel_thread_of_ILGPU_is_recorded()
    {
        AttentionDevice device = Device(Backend.Cpu);
        using Tensor<float> tensor = device.Allocate<float>([64]);
        Action<Index1D, ArrayView<float>> kernel = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>>(WriteNext);

        kernel(4, tensor.View.Data.SubView(0, 4));
        device.Synchronize();

        Bounds.Take().Should().ContainSingle();
    }

    [Fact]
    public void Violations_are_forgotten_once_they_are_taken()
    {
        Bounds.Invoking(bounds => bounds.Fail("a check")).Should().Throw<BoundsException>();
        Bounds.Take().Should().ContainSingle();
        Bounds.Take().Should().BeEmpty();
    }

    private static void WriteNext(Index1D index, ArrayView<float> view) => view[index + 1] = 1f;

    public readonly struct WriteOneBeyond : ITileKernel<ArrayView<float>>
    {
        public static void Run(ArrayView<float> arguments, long tile, ArrayView<float> scratch) => arguments[tile + 1] = 1f;
    }
}
