using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using ILGPU;
using Xunit;

namespace AttentionKernels.Tests.Launching;

[Trait("Speed", "Quick")]
public class TileKernelTests(TestDevices devices) : DeviceTests(devices)
{
    public static IEnumerable<int> Counts => [0, 1, 2, 3, 7, 16, 31, 33, 127, 128, 129, 1000, 65_537, 1_100_000];

    [Theory, EachBackend(Cases = nameof(Counts))]
    public void Every_tile_runs_exactly_once(Backend backend, int tiles)
    {
        AttentionDevice device = Device(backend);
        using var counts = GuardedTensor<int>.Of(device, new int[tiles], [tiles]);
        TileKernel<CountTiles, CountTilesArguments> kernel = device.LoadTileKernel<CountTiles, CountTilesArguments>();

        kernel.Run(device.DefaultStream, new CountTilesArguments(counts.View.Data, 3), tiles);
        device.Synchronize();

        counts.ToArray().AsSpan().IndexOfAnyExcept(3).Should().Be(-1, "every tile ran once");
        counts.Verify();
    }

    [Theory, EachBackend(1), EachBackend(3), EachBackend(100)]
    public void Workers_have_scratch_memory_of_their_own(Backend backend, int length)
    {
        const int Tiles = 200;
        AttentionDevice device = Device(backend);
        using var wrong = GuardedTensor<int>.Poisoned(device, [Tiles]);
        using var scratch = GuardedTensor<float>.Poisoned(device, [device.Workers, length]);

        device.LoadTileKernel<UseScratch, UseScratchArguments>()
            .Run(device.DefaultStream, new UseScratchArguments(wrong.View.Data, 50), Tiles, scratch.View.Data, length);
        device.Synchronize();

        wrong.ToArray().Should().OnlyContain(count => count == 0);
        scratch.Verify();
    }

    [Theory, EachBackend]
    public void Scratch_memory_that_is_too_short_is_refused_and_nothing_runs(Backend backend)
    {
        AttentionDevice device = Device(backend);
        using var wrong = GuardedTensor<int>.Poisoned(device, [8]);
        using Tensor<float> scratch = device.Allocate<float>([(device.Workers * 10L) - 1]);
        TileKernel<UseScratch, UseScratchArguments> kernel = device.LoadTileKernel<UseScratch, UseScratchArguments>();
        var arguments = new UseScratchArguments(wrong.View.Data, 1);

        Action run = () => kernel.Run(device.DefaultStream, arguments, 8, scratch.View.Data, 10);

        run.Should().Throw<ArgumentException>().WithParameterName("scratch").WithMessage($"*{(device.Workers * 10) - 1} elements*");
        wrong.VerifyUnchanged();
    }

    [Theory, EachBackend]
    public void Negative_counts_and_no_stream_are_refused(Backend backend)
    {
        AttentionDevice device = Device(backend);
        TileKernel<CountTiles, CountTilesArguments> kernel = device.LoadTileKernel<CountTiles, CountTilesArguments>();

        kernel.Invoking(called => called.Run(device.DefaultStream, default, -1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("tiles");
        kernel.Invoking(called => called.Run(device.DefaultStream, default, 1, default, -1)).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("scratchLength");
        kernel.Invoking(called => called.Run(null!, default, 1)).Should().Throw<ArgumentNullException>().WithParameterName("stream");
    }

    [Theory, EachBackend]
    public void A_kernel_is_compiled_once_per_device(Backend backend) =>
        Device(backend).LoadTileKernel<CountTiles, CountTilesArguments>()
            .Should().BeSameAs(Device(backend).LoadTileKernel<CountTiles, CountTilesArguments>());

    [Theory, EachBackend]
    public void Loading_a_kernel_computes_nothing_of_it(Backend backend)
    {
        // On OpenCL CPUs loading launches the kernel without tiles and with arguments that are all 0, and they stop at a division by 0.
        AttentionDevice device = Device(backend);
        using var quotients = GuardedTensor<int>.Poisoned(device, [5]);

        device.LoadTileKernel<DivideTiles, DivideTilesArguments>()
            .Run(device.DefaultStream, new DivideTilesArguments(quotients.View.Data, 21, 3), 5);
        device.Synchronize();

        quotients.ToArray().Should().OnlyContain(quotient => quotient == 7);
        quotients.Verify();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(500)]
    public void The_exception_of_a_tile_reaches_the_caller_on_the_managed_CPU(int tiles)
    {
        AttentionDevice device = Device(Backend.Cpu);
        TileKernel<ThrowInTile, int> kernel = device.LoadTileKernel<ThrowInTile, int>();

        kernel.Invoking(called => called.Run(device.DefaultStream, tiles - 1, tiles)).Should().Throw<InvalidTimeZoneException>().WithMessage($"tile {tiles - 1}");
        kernel.Invoking(called => called.Run(device.DefaultStream, -1, tiles)).Should().NotThrow("the next call is right");
    }

    public readonly struct ThrowInTile : ITileKernel<int>
    {
        public static void Run(int arguments, long tile, ArrayView<float> scratch)
        {
            if (tile == arguments)
                throw new InvalidTimeZoneException($"tile {tile}");
        }
    }
}
