using System.Runtime.InteropServices;
using AttentionKernels.Tests.Attention;
using AttentionKernels.Tests.Infrastructure;
using AttentionKernels.Tests.KeyValueCache;

namespace AttentionKernels.Tests.Bits;

/// <summary>Seeded cases of every operation: each a name and the bytes of all that it writes.</summary>
internal static class BitCases
{
    /// <summary>The cases of an operation on a device, in one form of its kernels.</summary>
    public delegate IEnumerable<(string Name, byte[] Outputs)> Cases(AttentionDevice device, BitKernel kernel);

    /// <summary>The operations by name.</summary>
    public static IReadOnlyDictionary<string, Cases> Operations { get; } = new Dictionary<string, Cases>
    {
        ["Contiguous"] = Contiguous,
        ["Paged"] = Paged,
        ["Cascade"] = Cascade,
        ["Latent"] = Latent,
        ["Append"] = Append,
        ["Norms"] = Norms,
        ["Rotary"] = Rotary,
        ["Linear"] = Linear,
    };

    private static IEnumerable<(string, byte[])> Contiguous(AttentionDevice device, BitKernel kernel)
    {
        foreach (AttentionCase attention in (AttentionCase[])
            [
                new(2, 6, 2, 5, 131, 24, MaskKind.CausalBottomRight, MemoryLayout.Padded),
                new(1, 3, 1, 35, 70, 67, MaskKind.CausalBottomRight, MemoryLayout.HeadsFirst),
            ])
        {
            foreach (AttentionAlgorithm algorithm in Enum.GetValues<AttentionAlgorithm>())
            {
                // The naive kernel has one form.
                if (algorithm == AttentionAlgorithm.Naive && kernel is { Schedule: KernelSchedule.Simt, Lanes: > 0 } or { Lanes: 4 or 16 })
                    continue;
                var options = new AttentionOptions
                {
                    Algorithm = algorithm,
                    Schedule = algorithm == AttentionAlgorithm.Naive ? null : kernel.Schedule,
                    Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null,
                };
                yield return Case("causal", new CausalMask(), new NoModifier(), StoredType.Float32);
                yield return Case("full", new NoMask(), new NoModifier(), StoredType.Float16);
                yield return Case("parity", new ParityMask(), new DistanceBias(0.02f), StoredType.Float32);
                yield return Case("recent", new SlidingWindow(40), new EveryThirdKey(), StoredType.BFloat16);

                (string, byte[]) Case<T, TMask, TModifier>(string name, TMask mask, TModifier modifier, StoredType<T> stored)
                    where T : unmanaged
                    where TMask : struct, IMask<TMask>
                    where TModifier : struct, IScoreModifier<TModifier>
                {
                    AttentionResult result = AttentionRunner.Run(device, attention, AttentionRunner.Inputs(attention), mask, modifier, options, stored);
                    return ($"{algorithm} {attention} {name}", [.. Bytes(result.Output), .. Bytes(result.LogSumExp)]);
                }
            }
        }
    }

    private static IEnumerable<(string, byte[])> Paged(AttentionDevice device, BitKernel kernel)
    {
        foreach (CacheOptions storage in Storages)
        {
            using var runner = new PagedRunner(device, 3, [1, 0, 7, 40], [131, 9, 70, 40], 6, 2, 24, storage.PageSize, storage);
            foreach (AttentionAlgorithm algorithm in (AttentionAlgorithm[])[AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv])
            {
                var options = new AttentionOptions { Algorithm = algorithm, Schedule = kernel.Schedule, Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null };
                yield return ($"{algorithm} {Name(storage)}", Run(runner, options));
            }

            yield return ($"mixed {Name(storage)}", Run(runner, new AttentionOptions { Schedule = kernel.Schedule, Reduction = Reduction.BatchInvariant }));
        }
    }

    private static IEnumerable<(string, byte[])> Cascade(AttentionDevice device, BitKernel kernel)
    {
        foreach (CacheOptions storage in (CacheOptions[])[Storages[0], Storages[2]])
        {
            using var runner = new PagedRunner(
                device, 5, [1, 3, 0, 1, 20, 1], [331, 202, 7, 150, 195, 90], 6, 2, 24, 5, storage, [(0, 0), (0, 26), (0, 0), (0, 26), (0, 0), (0, 0)]);
            foreach (int splits in (int[])[1, 2])
                yield return ($"{splits} splits {Name(storage)}", Run(runner, new AttentionOptions { Schedule = kernel.Schedule, Splits = splits }, levels: 2));
        }
    }

    private static IEnumerable<(string, byte[])> Latent(AttentionDevice device, BitKernel kernel)
    {
        foreach (NumberFormat element in (NumberFormat[])[NumberFormat.Float32, NumberFormat.Int8])
        {
            CacheOptions storage = PagedRunner.DefaultStorage with { KeyFormat = element, ValueFormat = element, LatentDimension = 32 };
            using var runner = new PagedRunner(device, 7, [1, 5], [133, 40], 4, 1, 40, 8, storage);
            foreach (AttentionAlgorithm algorithm in (AttentionAlgorithm[])[AttentionAlgorithm.Tiled, AttentionAlgorithm.SplitKv])
            {
                var options = new AttentionOptions { Algorithm = algorithm, Schedule = kernel.Schedule, Splits = algorithm == AttentionAlgorithm.SplitKv ? 2 : null, Scale = 0.2f };
                yield return ($"{algorithm} {element}", Run(runner, options));
            }
        }
    }

    // Scalar tiles, the same in every form of the others.
    private static IEnumerable<(string, byte[])> Append(AttentionDevice device, BitKernel kernel)
    {
        if (kernel is { Schedule: KernelSchedule.Simt, Lanes: > 0 } or { Lanes: 4 or 16 })
            yield break;
        foreach (NumberFormat element in NumberFormat.All)
        {
            foreach (PageScales scales in (PageScales[])[PageScales.Head, PageScales.TokenAndHead])
            {
                foreach (RotaryStyle style in Enum.GetValues<RotaryStyle>())
                {
                    using var cache = new PagedKeyValueCache(device, new CacheOptions
                    {
                        Pages = 4,
                        PageSize = 4,
                        KeyValueHeads = 3,
                        HeadDimension = 11,
                        KeyFormat = element,
                        ValueFormat = element,
                        Scales = scales,
                        Layout = style == RotaryStyle.HalfSplit ? PageLayout.HeadsFirst : PageLayout.TokensFirst,
                    });
                    StoredPages.Poison(cache);
                    using var table = new RotaryTable(device, 64, 6);
                    using Tensor<float> key = device.Upload(RandomData.Normal(11, 5 * 33), [5, 3, 11]);
                    using Tensor<Half> value = device.Upload(StoredType.Float16.Store(RandomData.Normal(12, 5 * 33)), [5, 3, 11]);
                    using Tensor<float> wideValue = device.Upload(RandomData.Normal(12, 5 * 33), [5, 3, 11]);
                    using Tensor<long> slots = device.Upload<long>([11, -1, 0, 15, 6], [5]);
                    using Tensor<int> positions = device.Upload<int>([3, 1, 63, 0, 40], [5]);
                    cache.Append(key, wideValue, slots, rotation: new KeyRotation(table, style, positions));
                    yield return ($"{element} {scales} {style}", [.. StoredPages.KeyBytes(cache), .. StoredPages.ValueBytes(cache), .. Bytes(cache.KeyScales(0).ToArray()), .. Bytes(cache.ValueScales(0).ToArray())]);
                    cache.Append(value, value, slots, NumberFormat.Float16);
                    yield return ($"{element} {scales} {style} of fp16", [.. StoredPages.KeyBytes(cache), .. StoredPages.ValueBytes(cache), .. Bytes(cache.KeyScales(0).ToArray()), .. Bytes(cache.ValueScales(0).ToArray())]);
                }
            }
        }
    }

    private static IEnumerable<(string, byte[])> Norms(AttentionDevice device, BitKernel kernel)
    {
        foreach ((int rows, int hidden) in ((int, int)[])[(3, 1), (5, 67), (2, 1000), (2, 5003)])
        {
            TensorShape shape = [rows, hidden];
            using Tensor<float> input = device.Upload(RandomData.Normal(hidden, shape, mean: 3f), shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, hidden), [hidden]);
            using Tensor<float> bias = device.Upload(RandomData.Normal(2, hidden), [hidden]);
            using Tensor<float> output = device.Allocate<float>(shape);
            device.RmsNorm(input, weight, output, schedule: kernel.Schedule);
            yield return ($"RmsNorm {rows}x{hidden}", Bytes(output.ToArray()));
            device.LayerNorm(input, weight, bias, output, schedule: kernel.Schedule);
            yield return ($"LayerNorm {rows}x{hidden}", Bytes(output.ToArray()));
            device.Softmax(input, output, kernel.Schedule);
            yield return ($"Softmax {rows}x{hidden}", Bytes(output.ToArray()));
        }

        foreach (TensorShape shape in (TensorShape[])[[7, 5], [3, 4, 9], [2, 3, 700]])
        {
            long channels = shape[1];
            using Tensor<float> input = device.Upload(RandomData.Normal(5, shape, mean: -2f), shape);
            using Tensor<float> weight = device.Upload(RandomData.Normal(1, channels), [channels]);
            using Tensor<float> mean = device.Upload(RandomData.Normal(3, channels), [channels]);
            using Tensor<float> variance = device.Upload(RandomData.Uniform(4, channels, 0.5f, 2f), [channels]);
            using Tensor<float> output = device.Allocate<float>(shape);
            device.BatchNormInference(input, new BatchNormChannels(mean, variance) { Weight = weight.View, Bias = mean.View }, output);
            yield return ($"BatchNormInference {shape}", Bytes(output.ToArray()));
            device.BatchNormTraining(input, new BatchNormChannels(mean, variance) { Weight = weight.View }, output, schedule: kernel.Schedule);
            yield return ($"BatchNormTraining {shape}", [.. Bytes(output.ToArray()), .. Bytes(mean.ToArray()), .. Bytes(variance.ToArray())]);
        }
    }

    private static IEnumerable<(string, byte[])> Rotary(AttentionDevice device, BitKernel kernel)
    {
        TensorShape shape = [2, 7, 3, 70];
        using Tensor<float> input = device.Upload(RandomData.Normal(9, shape), shape);
        using Tensor<float> output = device.Allocate<float>(shape);
        foreach (RotaryStyle style in Enum.GetValues<RotaryStyle>())
        {
            foreach (int dimension in (int[])[70, 38])
            {
                using var table = new RotaryTable(device, 40, dimension);
                device.RotaryEmbedding(input, table, output, style, firstPosition: 5);
                yield return ($"{style} {dimension}", Bytes(output.ToArray()));
            }
        }
    }

    private static IEnumerable<(string, byte[])> Linear(AttentionDevice device, BitKernel kernel)
    {
        foreach ((int rows, int inputs, int outputs) in ((int, int, int)[])[(1, 67, 33), (3, 130, 70), (40, 64, 65)])
        {
            using Tensor<float> input = device.Upload(RandomData.Normal(1, (long)rows * inputs), [rows, inputs]);
            using Tensor<float> weight = device.Upload(RandomData.Normal(2, (long)outputs * inputs), [outputs, inputs]);
            using Tensor<float> output = device.Allocate<float>([rows, outputs]);
            device.Linear(input, weight, output, kernel.Schedule);
            yield return ($"{rows}x{inputs}x{outputs}", Bytes(output.ToArray()));
        }
    }

    private static CacheOptions[] Storages { get; } =
    [
        PagedRunner.DefaultStorage with { PageSize = 5 },
        PagedRunner.DefaultStorage with { PageSize = 16, KeyFormat = NumberFormat.Float16, ValueFormat = NumberFormat.BFloat16, Layout = PageLayout.HeadsFirst },
        PagedRunner.DefaultStorage with { PageSize = 8, KeyFormat = NumberFormat.Int8, ValueFormat = NumberFormat.Int4 },
        PagedRunner.DefaultStorage with { PageSize = 64, KeyFormat = NumberFormat.Float8E4M3, ValueFormat = NumberFormat.Float8E5M2, Scales = PageScales.Head },
    ];

    private static string Name(CacheOptions storage) => $"{storage.KeyFormat}/{storage.ValueFormat}";

    private static byte[] Run(PagedRunner runner, AttentionOptions options, int? levels = null)
    {
        (float[][] output, float[][] logSumExp) = runner.Run(new CausalMask(), new NoModifier(), options, levels);
        return [.. output.SelectMany(Bytes), .. logSumExp.SelectMany(Bytes)];
    }

    private static byte[] Bytes(float[] elements) => MemoryMarshal.AsBytes<float>(elements).ToArray();
}
