using System.Reflection;
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

/// <summary>The two products of attention with the softmax between them in registers, against the oracle.</summary>
public class DenseAttentionTests(TestDevices devices) : DeviceTests(devices)
{
    /// <summary>Head dimension, keys of a tile, queries, keys, and the amplitude of scores.</summary>
    public static IEnumerable<object?[]> Cases =>
    [
        [16, 64, 70, 70, 1f],
        [48, 64, 33, 130, 1f],
        [64, 64, 128, 200, 1f],
        [64, 128, 65, 300, 4f],
        [80, 64, 130, 150, 1f],
        [128, 64, 140, 140, 1f],
        [128, 64, 3, 333, 8f],
        [256, 64, 70, 130, 1f],
    ];

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void Attention_of_fp16_is_that_of_the_oracle(Backend backend, int headDimension, int tileKeys, int queries, int keys, float amplitude)
    {
        Verify<StoredFp16, Half>(backend, StoredType.Float16, Shape(headDimension, queries, keys), tileKeys, false, true, amplitude);
        Verify<StoredFp16, Half>(backend, StoredType.Float16, Shape(headDimension, queries, keys), tileKeys, true, true, amplitude);
    }

    [Theory, EachBackend(CudaOnly = true, Cases = nameof(Cases))]
    public void Attention_of_bf16_is_that_of_the_oracle(Backend backend, int headDimension, int tileKeys, int queries, int keys, float amplitude)
    {
        Verify<StoredBf16, BFloat16>(backend, StoredType.BFloat16, Shape(headDimension, queries, keys), tileKeys, false, false, amplitude);
        Verify<StoredBf16, BFloat16>(backend, StoredType.BFloat16, Shape(headDimension, queries, keys), tileKeys, true, true, amplitude);
    }

    [Theory, EachBackend(64, CudaOnly = true), EachBackend(256, CudaOnly = true)]
    public void A_query_without_keys_is_zero(Backend backend, int headDimension) => Verify<StoredFp16, Half>(
        backend, StoredType.Float16, Shape(headDimension, 140, 70), 64, false, true, 1f);

    private static AttentionInputs Shape(int headDimension, int queries, int keys) => new()
    {
        Batch = 2,
        Heads = 2,
        KeyValueHeads = 1,
        Queries = queries,
        Keys = keys,
        HeadDimension = headDimension,
        Query = [],
        Key = [],
        Value = [],
    };

    private void Verify<TElement, T>(
        Backend backend, StoredType<T> type, AttentionInputs shape, int tileKeys, bool sumsByProduct, bool isCausal, float amplitude)
        where TElement : unmanaged, IMmaElement<TElement>
        where T : unmanaged
    {
        int keyLength = shape.Batch * shape.Keys * shape.KeyValueHeads * shape.HeadDimension;
        AttentionInputs inputs = shape with
        {
            Query = type.Round(RandomData.Normal(1, shape.OutputLength, amplitude)),
            Key = type.Round(RandomData.Normal(2, keyLength)),
            Value = type.Round(RandomData.Normal(3, keyLength)),
        };
        Type kernel = WarpKernels.Attention(typeof(TElement), shape.HeadDimension, tileKeys, sumsByProduct, isCausal);

        (T[] output, float[] logSumExp) = ((T[], float[]))typeof(DenseAttentionTests)
            .GetMethod(nameof(Run), BindingFlags.Instance | BindingFlags.NonPublic)!.MakeGenericMethod(kernel, typeof(TElement), typeof(T))
            .Invoke(this, [backend, type, inputs, kernel.GetProperty("Rows")!.GetValue(null)])!;

        (double[] exact, double[] exactLogSumExp) = isCausal
            ? AttentionOracle.Compute(inputs, default(CausalMask), default(NoModifier))
            : AttentionOracle.Compute(inputs, default(NoMask), default(NoModifier));
        ErrorRule.Verify(type.Load(output), exact, RoundedAttention.Compute(type, inputs, isCausal), inputs.Value);
        if (!sumsByProduct)
            ErrorRule.VerifyLogSumExp(logSumExp, exactLogSumExp);
        else
            logSumExp.Zip(exactLogSumExp).Should().OnlyContain(pair => pair.First == pair.Second || Math.Abs(pair.First - pair.Second) < 4e-3);
    }

    private (T[] Output, float[] LogSumExp) Run<TKernel, TElement, T>(Backend backend, StoredType<T> type, AttentionInputs inputs, int rows)
        where TKernel : struct, IGroupKernel<DenseAttentionArguments<TElement>>
        where TElement : unmanaged, IMmaElement<TElement>
        where T : unmanaged
    {
        AttentionDevice device = Device(backend);
        using MemoryBuffer1D<T, Stride1D.Dense> query = device.Accelerator.Allocate1D(type.Store(inputs.Query));
        using MemoryBuffer1D<T, Stride1D.Dense> key = device.Accelerator.Allocate1D(type.Store(inputs.Key));
        using MemoryBuffer1D<T, Stride1D.Dense> value = device.Accelerator.Allocate1D(type.Store(inputs.Value));
        using MemoryBuffer1D<T, Stride1D.Dense> output = device.Accelerator.Allocate1D<T>(inputs.OutputLength);
        using MemoryBuffer1D<float, Stride1D.Dense> logSumExp = device.Accelerator.Allocate1D<float>(inputs.Batch * inputs.Heads * inputs.Queries);
        device.LoadGroupKernel<TKernel, DenseAttentionArguments<TElement>>().Run(device.DefaultStream, new DenseAttentionArguments<TElement>
        {
            Query = query.View.AsContiguous().Cast<TElement>(),
            Key = key.View.AsContiguous().Cast<TElement>(),
            Value = value.View.AsContiguous().Cast<TElement>(),
            Output = output.View.AsContiguous().Cast<TElement>(),
            LogSumExp = logSumExp.View.AsContiguous(),
            Scale = (float)(Math.Log2(Math.E) / Math.Sqrt(inputs.HeadDimension)),
            Queries = inputs.Queries,
            Keys = inputs.Keys,
            Heads = inputs.Heads,
            KeyValueHeads = inputs.KeyValueHeads,
            HeadDimension = inputs.HeadDimension,
        }, (inputs.Queries + rows - 1) / rows * inputs.Heads * inputs.Batch);
        device.Synchronize();
        return (output.GetAsArray1D(), logSumExp.GetAsArray1D());
    }
}
