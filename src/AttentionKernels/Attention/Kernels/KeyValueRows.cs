using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TWidth>
{
    /// <summary>Finds the rows of consecutive tokens of an item, through the block table if there is one: one look-up a run of a
    /// page.</summary>
    private static void Locate(in Arguments arguments, WorkItem item, int firstKey, int count, RowOffsetTable offsets)
    {
        for (int token = 0; token < count;)
        {
            int key = item.FirstKey + firstKey + token;
            int run = Math.Min(TLayout.RunLength(arguments.Layout, key), count - token);
            long page = TLayout.Page(arguments.Layout, item.Sequence, key);
            int place = TLayout.Place(arguments.Layout, key);
            RowOffsets.Fill(offsets.Keys, token, arguments.Keys.Offset(page, place), arguments.Keys.TokenStride, run);
            RowOffsets.Fill(offsets.Values, token, arguments.Values.Offset(page, place), arguments.Values.TokenStride, run);
            if (TKey.IsScaled)
                RowOffsets.Fill(offsets.KeyScales, token, arguments.Keys.ScaleOffset(page, place), arguments.Keys.ScaleTokenStride, run);
            if (TValue.IsScaled)
                RowOffsets.Fill(offsets.ValueScales, token, arguments.Values.ScaleOffset(page, place), arguments.Values.ScaleTokenStride, run);
            token += run;
        }
    }

    /// <summary>Gathers the scales of located tokens' keys [kv head][token], from a head on; keys have some.</summary>
    private static void GatherKeyScales(in Arguments arguments, RowOffsetTable offsets, int firstHead, ScaleTile target) => TileGather.Columns(
        arguments.Keys.Scales, firstHead * arguments.Keys.ScaleHeadStride, arguments.Keys.ScaleHeadStride, offsets.KeyScales, 0,
        target.Scales, 0, target.Stride, target.Tokens, target.Heads);

    /// <summary>Gathers the scales of located tokens' values, likewise.</summary>
    private static void GatherValueScales(in Arguments arguments, RowOffsetTable offsets, int firstHead, ScaleTile target) => TileGather.Columns(
        arguments.Values.Scales, firstHead * arguments.Values.ScaleHeadStride, arguments.Values.ScaleHeadStride, offsets.ValueScales, 0,
        target.Scales, 0, target.Stride, target.Tokens, target.Heads);

    /// <summary>Scales in scratch memory, [kv head][token].</summary>
    private readonly struct ScaleTile
    {
        public readonly ArrayView<float> Scales;
        public readonly int Stride;
        public readonly int Tokens;
        public readonly int Heads;

        public ScaleTile(ArrayView<float> scales, int stride, int tokens, int heads)
        {
            Scales = scales;
            Stride = stride;
            Tokens = tokens;
            Heads = heads;
        }
    }
}
