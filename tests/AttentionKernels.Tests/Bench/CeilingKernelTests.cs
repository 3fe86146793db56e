using AttentionKernels.Bench;
using AttentionKernels.Rooflines;
using AttentionKernels.Tests.Infrastructure;
using FluentAssertions;
using Xunit;

namespace AttentionKernels.Tests.Bench;

/// <summary>What measures the ceilings of a device does all that it is timed for.</summary>
public class CeilingKernelTests(TestDevices devices) : DeviceTests(devices)
{
    [Theory, EachBackend]
    public void The_reading_kernel_reads_every_number_once(Backend backend)
    {
        const int Tiles = 24, Rounds = 8;
        AttentionDevice device = Device(backend);
        float[] numbers = [.. Enumerable.Range(0, Tiles * Rounds).Select(index => (float)index)];
        using Tensor<float> source = device.Upload(numbers, [numbers.Length]);
        using Tensor<float> sums = device.Allocate<float>([Tiles]);

        device.LoadTileKernel<ReadKernel, ReadArguments>().Run(
            device.DefaultStream, new ReadArguments { Source = source.View.Data, Sums = sums.View.Data, Stride = Tiles }, Tiles);

        sums.ToArray().Should().Equal(Enumerable.Range(0, Tiles).Select(tile => numbers.Where((_, index) => index % Tiles == tile).Sum()));
    }

    [Theory, EachBackend]
    public void The_multiplying_kernel_does_every_step_of_every_chain(Backend backend)
    {
        const int Tiles = 3, Steps = 5;
        AttentionDevice device = Device(backend);
        using Tensor<float> sums = device.Allocate<float>([Tiles]);

        device.LoadTileKernel<FmaKernel, FmaArguments>().Run(
            device.DefaultStream, new FmaArguments { Sums = sums.View.Data, Steps = Steps }, Tiles);

        double[] expected = [.. Enumerable.Range(0, Tiles).Select(tile => Enumerable.Range(tile, FmaKernel.Chains).Sum(Chain))];
        sums.ToArray().Zip(expected, (sum, exact) => Math.Abs(sum - exact)).Should().OnlyContain(error => error < 1e-4);

        static double Chain(int start)
        {
            double value = start;
            for (int step = 0; step < Steps; step++)
                value = (value * 0.9999) + 1e-4;
            return value;
        }
    }

    [Fact]
    public void The_processor_loop_counts_two_operations_for_each_number_and_step() =>
        FmaLoop.Run(steps: 300).Should().Be(3 * FmaLoop.Run(steps: 100)).And.BeGreaterThan(0);
}
