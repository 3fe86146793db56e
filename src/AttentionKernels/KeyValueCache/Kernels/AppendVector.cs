using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Positions.Kernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
{
    /// <summary>
    /// Stores the key and value of each new token in the slot that the slot mapping gives it, keys rotated by their positions, both as the
    /// pages store numbers; −1 and numbers that are no slot are skipped. For processors.
    /// </summary>
    /// <remarks>
    /// After vLLM's <c>reshape_and_cache</c>, with rotary embedding (see
    /// <see cref="RotaryModule{TElement, TPairs}.RotaryEmbedding{TAccess}"/>) and quantisation on the way: stored = round(x / scale), with
    /// the given scale or one that is found (<see cref="RowScale"/>). Tile: one head of one token. Tokens of one call have different slots,
    /// so no two tiles write the same place.
    /// </remarks>
    internal readonly struct AppendVector : ITileKernel<AppendArguments>
    {
        public static void Run(AppendArguments arguments, long tile, ArrayView<float> scratch)
        {
            Division at = Division.Of(tile, arguments.Heads);
            long slot = arguments.Slot(at.Quotient);
            if (slot < 0)
                return;
            Division place = Division.Of(slot, arguments.PageSize);
            Target<TKey>.Store(arguments, arguments.NewKey(at.Quotient, at.Remainder), arguments.KeyPages, place, at.Remainder);
            if (arguments.StoresValues != 0)
                Target<TValue>.Store(arguments, arguments.NewValue(at.Quotient, at.Remainder), arguments.ValuePages, place, at.Remainder);
        }
    }

    private readonly partial struct Target<TFormat>
    {
        // All numbers of a row.
        public static void Store(AppendArguments arguments, NewRow row, KeyValueBuffer<TFormat> pages, Division place, int head)
        {
            float scale = 1f;
            if (TFormat.IsScaled)
            {
                long offset = pages.ScaleRow(place.Quotient, place.Remainder, head);
                if (arguments.FindsScales != 0)
                    pages.Scales[offset] = RowScale.Of(Largest(row, arguments.HeadDimension), TFormat.Largest);
                scale = pages.Scales[offset];
            }

            long target = pages.Row(place.Quotient, place.Remainder, head);
            for (int element = 0; element < arguments.HeadDimension; element += TFormat.PerUnit)
            {
                float number = row.Number(element);
                float next = TFormat.PerUnit > 1 && element + 1 < arguments.HeadDimension ? row.Number(element + 1) : 0f;
                pages.Data[target + (element / TFormat.PerUnit)] = TFormat.IsScaled
                    ? TFormat.Narrow(number / scale, next / scale)
                    : TFormat.Narrow(number, next);
            }
        }

        private static float Largest(NewRow row, int count)
        {
            uint largest = 0;
            for (int element = 0; element < count; element++)
                largest = Math.Max(largest, RowScale.Magnitude(row.Number(element)));
            return Interop.IntAsFloat(largest);
        }
    }
}
