using AttentionKernels.Attention.Layouts;
using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
{
    // The place of a head in the pages of a format.
    private readonly partial struct Target<TFormat>(KeyValueBuffer<TFormat> pages, Division place, int head)
        where TFormat : unmanaged, IWritableFormat<TFormat>
    {
        private readonly ArrayView<TFormat> _units = pages.Data.SubView(pages.Row(place.Quotient, place.Remainder, head));
        private readonly ArrayView<Four<TFormat>> _fours =
            pages.Data.Cast<Four<TFormat>>().SubView(pages.Row(place.Quotient, place.Remainder, head) >> 2);

        private readonly ArrayView<float> _scales = pages.Scales;
        private readonly long _scale = TFormat.IsScaled ? pages.ScaleRow(place.Quotient, place.Remainder, head) : 0;

        public float Scale() => TFormat.IsScaled ? _scales[_scale] : 1f;

        public void SetScale(float scale)
        {
            if (TFormat.IsScaled)
                _scales[_scale] = scale;
        }

        // Four numbers of a row; those behind the last one are not stored.
        public void Store(int element, RegisterRow numbers, float scale, int count, bool isRegular)
        {
            RegisterRow scaled = TFormat.IsScaled ? numbers.Divide(scale) : numbers;
            if (TFormat.PerUnit == 1 && isRegular)
            {
                _fours[element >> 2] = StoredRow<TFormat>.Narrow(scaled);
                return;
            }

            ArrayView<TFormat> target = _units.SubView(element / TFormat.PerUnit);
            target[0] = TFormat.Narrow(scaled.A, scaled.B);
            if (TFormat.PerUnit == 1)
            {
                if (element + 1 < count)
                    target[1] = TFormat.Narrow(scaled.B, 0f);
                if (element + 3 < count)
                    target[3] = TFormat.Narrow(scaled.D, 0f);
            }

            if (element + 2 < count)
                target[2 / TFormat.PerUnit] = TFormat.Narrow(scaled.C, scaled.D);
        }
    }
}
