using AttentionKernels.Launching;
using ILGPU;

namespace AttentionKernels.Bench;

/// <summary>What a GPU can do at most: a copy of the library's, and two kernels that do nothing else.</summary>
internal static class GpuCeilings
{
    private const long Numbers = 1L << 28, Threads = 1L << 18, FmaThreads = 1L << 18, NumbersAtOnce = ReadKernel.Loads * Threads;

    private const int FmaSteps = 2048, TensorSteps = 1024;

    // 2⁻⁸, twice: sums stay finite, and are not zeros, which take less power.
    private const uint TensorFactors = 0x1C001C00;

    /// <summary>Measures, in 10⁹ bytes and operations a second.</summary>
    public static (double Read, double Copy, double Fma, double? Tensor) Measure(AttentionDevice device)
    {
        // A quarter of the memory at most, both buffers together.
        long numbers = Math.Min(Numbers, device.Description.Memory / (8 * sizeof(float)) / NumbersAtOnce * NumbersAtOnce);
        using Tensor<float> source = device.Allocate<float>([numbers]);
        using Tensor<float> target = device.Allocate<float>([numbers]);
        using Tensor<float> sums = device.Allocate<float>([Threads]);
        double gigabytes = numbers * sizeof(float) / 1e9;
        double copy = CeilingMeasurement.Best(2 * gigabytes, () => Run(() => device.Copy(source, target)));

        TileKernel<ReadKernel, ReadArguments> reading = device.LoadTileKernel<ReadKernel, ReadArguments>();
        var reads = new ReadArguments { Source = source.View.Data, Sums = sums.View.Data, Stride = Threads };
        double read = CeilingMeasurement.Best(gigabytes, () => Run(() => reading.Run(device.DefaultStream, reads, Threads)));

        TileKernel<FmaKernel, FmaArguments> multiplying = device.LoadTileKernel<FmaKernel, FmaArguments>();
        var fmas = new FmaArguments { Sums = sums.View.Data, Steps = FmaSteps };
        double operations = 2.0 * FmaKernel.Chains * FmaSteps * FmaThreads / 1e9;
        double fma = CeilingMeasurement.Best(operations, () => Run(() => multiplying.Run(device.DefaultStream, fmas, FmaThreads)));
        if (!TensorCoreDevices.Have(device))
            return (read, copy, fma, null);

        TileKernel<TensorKernel, TensorArguments> products = device.LoadTileKernel<TensorKernel, TensorArguments>();
        var tensors = new TensorArguments { Sums = sums.View.Data, Steps = TensorSteps, Factors = TensorFactors };
        double productOperations = (double)TensorKernel.OperationsOfProduct * TensorKernel.Chains * TensorSteps * FmaThreads / 1e9;
        double tensor = CeilingMeasurement.Best(
            productOperations, () => Run(() => products.Run(device.DefaultStream, tensors, FmaThreads)));
        return (read, copy, fma, tensor);

        void Run(Action queue)
        {
            queue();
            device.Synchronize();
        }
    }
}

/// <summary>The arguments of <see cref="ReadKernel"/>.</summary>
public struct ReadArguments
{
    /// <summary>What is read.</summary>
    [KernelInput]
    public ArrayView<float> Source;

    /// <summary>A sum of each tile, so that all has to be read.</summary>
    public ArrayView<float> Sums;

    /// <summary>The number of tiles: neighbours read neighbours.</summary>
    public long Stride;
}

/// <summary>sums[tile] = Σ source[tile + n·stride].</summary>
public readonly struct ReadKernel : ITileKernel<ReadArguments>
{
    /// <summary>How many loads are under way at once: tiles times these must divide the numbers.</summary>
    public const int Loads = 4;

    /// <inheritdoc/>
    public static void Run(ReadArguments arguments, long tile, ArrayView<float> scratch)
    {
        float sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        for (long index = tile; index < arguments.Source.Length; index += Loads * arguments.Stride)
        {
            sum0 += arguments.Source[index];
            sum1 += arguments.Source[index + arguments.Stride];
            sum2 += arguments.Source[index + (2 * arguments.Stride)];
            sum3 += arguments.Source[index + (3 * arguments.Stride)];
        }

        arguments.Sums[tile] = sum0 + sum1 + sum2 + sum3;
    }
}

/// <summary>The arguments of <see cref="FmaKernel"/>.</summary>
public struct FmaArguments
{
    /// <summary>A sum of each tile, so that all has to be computed.</summary>
    public ArrayView<float> Sums;

    /// <summary>How often each chain is multiplied and added to.</summary>
    public int Steps;
}

/// <summary>x := x·a + b, in chains that do not wait for each other; CUDA's assembler makes one instruction of each.</summary>
public readonly struct FmaKernel : ITileKernel<FmaArguments>
{
    /// <summary>The chains of a tile.</summary>
    public const int Chains = 8;

    /// <inheritdoc/>
    public static void Run(FmaArguments arguments, long tile, ArrayView<float> scratch)
    {
        const float Factor = 0.9999f, Summand = 1e-4f;
        float x0 = tile, x1 = x0 + 1, x2 = x0 + 2, x3 = x0 + 3, x4 = x0 + 4, x5 = x0 + 5, x6 = x0 + 6, x7 = x0 + 7;
        for (int step = 0; step < arguments.Steps; step++)
        {
            x0 = (x0 * Factor) + Summand;
            x1 = (x1 * Factor) + Summand;
            x2 = (x2 * Factor) + Summand;
            x3 = (x3 * Factor) + Summand;
            x4 = (x4 * Factor) + Summand;
            x5 = (x5 * Factor) + Summand;
            x6 = (x6 * Factor) + Summand;
            x7 = (x7 * Factor) + Summand;
        }

        arguments.Sums[tile] = x0 + x1 + x2 + x3 + x4 + x5 + x6 + x7;
    }
}
