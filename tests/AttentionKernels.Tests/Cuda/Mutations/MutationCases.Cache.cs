using AttentionKernels.Tests.KeyValueCache;

namespace AttentionKernels.Tests.Cuda.Mutations;

/// <summary>Those of the cache and of states.</summary>
internal static partial class MutationCases
{
    private static IEnumerable<byte[]> MergeTwoStates(AttentionDevice device)
    {
        TensorShape shape = [3, 2, 5];
        float none = float.NegativeInfinity;
        using Tensor<float> left = device.Upload(RandomData.Normal(1, shape), shape);
        using Tensor<float> right = device.Upload(RandomData.Normal(2, shape), shape);
        using Tensor<float> leftSums = device.Upload([1.5f, none, none, 2f, 0f, -3f], [2, 3]);
        using Tensor<float> rightSums = device.Upload([none, 0.5f, none, 1f, 4f, -2f], [2, 3]);
        using Tensor<float> output = device.Allocate<float>(shape);
        using Tensor<float> logSumExp = device.Allocate<float>([2, 3]);
        device.MergeStates(new(left, leftSums), new(right, rightSums), new(output, logSumExp));
        yield return Bytes(output);
        yield return Bytes(logSumExp);
    }

    private static IEnumerable<byte[]> CheckBlockTable(AttentionDevice device)
    {
        int[] pages = [0, 1, 2, 3, -1, 5, 6, 7, 8, int.MaxValue, 9, 10, 0, 0, 0, 2, 3, 0, 4, 12, 0];
        int[] lengths = [11, 9, 12, 8, 1, 13, 2];
        var options = new CacheOptions { Pages = 12, PageSize = 4, KeyValueHeads = 1, HeadDimension = 4 };
        using var cache = new PagedKeyValueCache(device, options);
        using Tensor<int> entries = device.Upload(pages, [7, 3]);
        using Tensor<int> keys = device.Upload(lengths, [7]);
        using var table = new BlockTable(cache, entries, keys);
        using Tensor<float> query = device.Upload(RandomData.Normal(1, 9 * 4), [9, 1, 4]);
        using Tensor<float> output = device.Allocate<float>([9, 1, 4]);
        StoredPages.Poison(cache);
        using PagedAttentionPlan<float> plan = device.PlanPagedAttention(table, 1, 3, new CausalMask());
        plan.Run(query, [1, 1, 1, 1, 2, 1, 2], output);
        yield return Bytes([.. table.ReadFaults().Select(fault => (float)fault)]);
        yield return Bytes(output);
    }

    // Slots that are none, positions that the table does not have; keys of a latent cache are rotated at their end and have no values.
    private static IEnumerable<byte[]> Append(AttentionDevice device, NumberFormat format, int headDimension, int rotaryDimension)
    {
        TensorShape shape = [7, 3, headDimension];
        TensorShape latentShape = [7, 1, headDimension];
        using Tensor<float> key = device.Upload(Numbers(11, shape, first: 0), shape);
        using Tensor<float> value = device.Upload(RandomData.Normal(12, shape), shape);
        using Tensor<float> latent = device.Upload(Numbers(13, latentShape, headDimension - rotaryDimension), latentShape);
        using Tensor<long> slots = device.Upload([11L, -1L, 0L, 15L, 6L, 16L, 7L], [7]);
        using Tensor<int> positions = device.Upload([3, 1, 5, 0, 6, 2, -1], [7]);
        // The largest number of a key is one that is rotated, a different one of each.
        float[] Numbers(int seed, TensorShape keys, int first) =>
            [.. RandomData.Normal(seed, keys).Select((number, index) => index % headDimension == first + (index / headDimension % rotaryDimension) ? 64 * number : number)];

        using var table = new RotaryTable(device, 6, rotaryDimension);
        var rotation = new KeyRotation(table, RotaryStyle.HalfSplit, positions);
        var options = new CacheOptions
        {
            Pages = 4,
            PageSize = 4,
            KeyValueHeads = 3,
            HeadDimension = headDimension,
            KeyFormat = format,
            ValueFormat = format,
        };
        foreach (PageScales scales in Enum.GetValues<PageScales>())
        {
            using var cache = new PagedKeyValueCache(device, options with { Scales = scales });
            StoredPages.Poison(cache);
            if (cache.KeyScales(0).ElementCount > 0 && scales == PageScales.Head)
            {
                cache.KeyScales(0).CopyFrom([0.1f, 0.2f, 0.3f]);
                cache.ValueScales(0).CopyFrom([0.03f, 0.02f, 0.01f]);
            }

            cache.Append(key, value, slots, rotation: rotation);
            yield return Contents(cache);
            cache.Append(value, key, slots);
            yield return Contents(cache);
            using var latents = new PagedKeyValueCache(device, options with { Scales = scales, KeyValueHeads = 1, LatentDimension = headDimension - rotaryDimension });
            StoredPages.Poison(latents);
            latents.AppendLatent(latent, slots, rotation: rotation);
            yield return [.. StoredPages.KeyBytes(latents), .. Bytes(latents.KeyScales(0).ToArray())];
        }
    }

    private static byte[] Contents(PagedKeyValueCache cache) =>
    [
        .. StoredPages.KeyBytes(cache), .. StoredPages.ValueBytes(cache),
        .. Bytes(cache.KeyScales(0).ToArray()), .. Bytes(cache.ValueScales(0).ToArray()),
    ];
}
