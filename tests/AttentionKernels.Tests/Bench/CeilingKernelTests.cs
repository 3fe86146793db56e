using System.Reflection;
using AttentionKernels.Bench;
using AttentionKernels.Export;
using AttentionKernels.Rooflines;
using AttentionKernels.Tests.Cuda;
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

    [Theory, EachBackend(CudaOnly = true)]
    public void The_kernel_of_tensor_cores_does_every_product_of_every_chain(Backend backend)
    {
        const int Tiles = 256, Steps = 6;
        AttentionDevice device = Device(backend);
        using Tensor<float> sums = device.Allocate<float>([Tiles]);

        // 2⁻⁸ · 2⁻⁸, 16 of them in each of a thread's four sums.
        device.LoadTileKernel<TensorKernel, TensorArguments>().Run(
            device.DefaultStream, new TensorArguments { Sums = sums.View.Data, Steps = Steps, Factors = 0x1C001C00 }, Tiles);

        sums.ToArray().Should().OnlyContain(sum => sum == TensorKernel.Chains * Steps * 4 * 16 * MathF.ScaleB(1, -16));
        (TensorKernel.OperationsOfProduct * 32).Should().Be(2 * 16 * 8 * 16);
    }

    [Fact]
    public void The_products_of_tensor_cores_stay_in_registers()
    {
        CudaAssembler.SkipWithout();
        MethodInfo entry = typeof(TileKernel<TensorKernel, TensorArguments>).GetMethod("Entry", BindingFlags.Static | BindingFlags.NonPublic)!;

        AssembledKernel kernel = CudaAssembler.Assemble(OfflinePtx.Compile("TensorKernel", entry, 80).PTXAssembly, 80);

        kernel.StackAndSpills.Should().OnlyContain(bytes => bytes == 0);
        kernel.Code.TensorCoreLoops().Should().NotBeEmpty().And.OnlyContain(
            loop => loop.Products >= TensorKernel.Chains && loop.Products % TensorKernel.Chains == 0 && loop.Total < 2 * loop.Products);
    }

    [Fact]
    public void The_processor_loop_counts_two_operations_for_each_number_and_step() =>
        FmaLoop.Run(steps: 300).Should().Be(3 * FmaLoop.Run(steps: 100)).And.BeGreaterThan(0);
}
