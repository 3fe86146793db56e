using AttentionKernels.Formats;
using AttentionKernels.Launching;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.Oracle;
using FluentAssertions;
using ILGPU;
using ILGPU.Runtime;
using Xunit;
using Half = System.Half;

namespace AttentionKernels.Tests.MicroKernels.Warp;

/// <summary>A product by cp.async, ldmatrix and mma against fp64.</summary>
public class WarpGemmTests(TestDevices devices) : DeviceTests(devices)
{
    private const int Side = 64;

    public static TheoryData<int, int> Sizes => new((16, 64), (64, 64), (80, 64), (80, 37), (128, 64), (256, 1), (256, 64));

    public static IEnumerable<object?[]> Cases => Sizes.Select(size => (object?[])[size.Data.Item1, size.Data.Item2]);

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void A_product_of_fp16_is_that_of_fp64(Backend backend, int depth, int rows) =>
        Verify<StoredFp16, Half>(backend, StoredType.Float16, depth, rows);

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void A_product_of_bf16_is_that_of_fp64(Backend backend, int depth, int rows) =>
        Verify<StoredBf16, BFloat16>(backend, StoredType.BFloat16, depth, rows);

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void A_product_of_small_integers_is_exact(Backend backend, int depth, int rows)
    {
        float[] a = [.. RandomData.Uniform(1, rows * depth, -8f, 8f).Select(element => MathF.Round(element))];
        float[] b = [.. RandomData.Uniform(2, rows * depth, -8f, 8f).Select(element => MathF.Round(element))];

        float[] c = Multiply<StoredBf16, BFloat16>(backend, StoredType.BFloat16, a, b, depth, rows);

        c.Should().Equal(Oracle(a, b, depth, rows, (sum, left, right) => sum + ((double)left * right)).Select(element => (float)element));
    }

    private void Verify<TElement, T>(Backend backend, StoredType<T> type, int depth, int rows)
        where TElement : unmanaged, IElement<TElement>
        where T : unmanaged
    {
        float[] a = type.Round(RandomData.Normal(3, rows * depth));
        float[] b = type.Round(RandomData.Normal(4, rows * depth));

        float[] c = Multiply<TElement, T>(backend, type, a, b, depth, rows);

        double[] oracle = Oracle(a, b, depth, rows, (sum, left, right) => sum + ((double)left * right));
        float[] sequential = [.. Oracle(a, b, depth, rows, (sum, left, right) => (float)sum + (left * right)).Select(element => (float)element)];
        ErrorRule.Verify(c, oracle, sequential, [(float)oracle.Max(Math.Abs)]);
    }

    // Rows and columns outside are 0.
    private static double[] Oracle(float[] a, float[] b, int depth, int rows, Func<double, float, float, double> add)
    {
        var result = new double[Side * Side];
        for (int row = 0; row < rows; row++)
        {
            for (int column = 0; column < rows; column++)
            {
                double sum = 0;
                for (int index = 0; index < depth; index++)
                    sum = add(sum, a[(row * depth) + index], b[(column * depth) + index]);
                result[(row * Side) + column] = sum;
            }
        }

        return result;
    }

    private float[] Multiply<TElement, T>(Backend backend, StoredType<T> type, float[] a, float[] b, int depth, int rows)
        where TElement : unmanaged, IElement<TElement>
        where T : unmanaged => (float[])typeof(WarpGemmTests)
            .GetMethod(nameof(Run), System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.NonPublic)!
            .MakeGenericMethod(WarpKernels.Gemm(typeof(TElement)), typeof(TElement), typeof(T))
            .Invoke(this, [backend, type.Store(a), type.Store(b), depth, rows])!;

    private float[] Run<TKernel, TElement, T>(Backend backend, T[] a, T[] b, int depth, int rows)
        where TKernel : struct, IGroupKernel<WarpGemmArguments<TElement>>
        where TElement : unmanaged, IElement<TElement>
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        GroupKernel<TKernel, WarpGemmArguments<TElement>> kernel = device.LoadGroupKernel<TKernel, WarpGemmArguments<TElement>>();
        using MemoryBuffer1D<T, Stride1D.Dense> left = device.Accelerator.Allocate1D(a);
        using MemoryBuffer1D<T, Stride1D.Dense> right = device.Accelerator.Allocate1D(b);
        using MemoryBuffer1D<float, Stride1D.Dense> result = device.Accelerator.Allocate1D<float>(Side * Side);
        kernel.Run(device.DefaultStream, new WarpGemmArguments<TElement>
        {
            A = left.View.AsContiguous().Cast<TElement>(),
            B = right.View.AsContiguous().Cast<TElement>(),
            C = result.View.AsContiguous(),
            Rows = rows,
            Depth = depth,
        }, 1);
        device.Synchronize();
        return result.GetAsArray1D();
    }
}
