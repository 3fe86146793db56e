using AttentionKernels.Attention.Layouts;
using AttentionKernels.Attention.Work;
using AttentionKernels.MicroKernels;

namespace AttentionKernels.Attention.Kernels;

internal static partial class AttentionModule<TElement, TLayout, TWork, TKey, TValue, TMask, TModifier, TVector>
{
    /// <summary>Lists the row offsets of consecutive tokens of an item; of those in pages by one look-up in the block table a
    /// run.</summary>
    private static void Locate(in Arguments arguments, WorkItem item, int firstKey, int count, RowOffsetTable offsets)
    {
        for (int token = 0; token < count;)
        {
            int key = item.FirstKey + firstKey + token;
            int run = Math.Min(TLayout.RunLength(arguments.Layout, key), count - token);
            long page = TLayout.Page(arguments.Layout, item.Sequence, key);
            int place = TLayout.Place(arguments.Layout, key);
            RowOffsets.Fill(offsets.Keys.SubView(token), arguments.Keys.Offset(page, place), arguments.Keys.TokenStride, run);
            RowOffsets.Fill(offsets.Values.SubView(token), arguments.Values.Offset(page, place), arguments.Values.TokenStride, run);
            if (TKey.IsScaled)
            {
                RowOffsets.Fill(
                    offsets.KeyScales.SubView(token), arguments.Keys.ScaleOffset(page, place), arguments.Keys.ScaleTokenStride, run);
            }

            if (TValue.IsScaled)
            {
                RowOffsets.Fill(
                    offsets.ValueScales.SubView(token), arguments.Values.ScaleOffset(page, place), arguments.Values.ScaleTokenStride, run);
            }

            token += run;
        }
    }
}
