using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using ILGPU;
using ILGPU.Util;

namespace AttentionKernels.Normalization.Kernels;

internal static partial class NormModule<TElement, TCenter, TAffine>
{
    internal static partial class Simt<TAccess>
    {
        // A row in fours of features.
        private readonly struct Row<TFormat>
            where TFormat : unmanaged, IWritableFormat<TFormat>
        {
            private readonly ArrayView<Four<TFormat>> _fours;
            private readonly ArrayView<TFormat> _features;
            private readonly int _length;

            // Compilers see memory's beginning to be aligned, but not that of a row.
            public Row(ArrayView<TFormat> memory, long offset, int length)
            {
                _fours = memory.Cast<Four<TFormat>>().SubView(TAccess.IsRegular ? offset >> 2 : 0);
                _features = memory.SubView(offset);
                _length = length;
            }

            /// <summary>Fours, the last one perhaps in part.</summary>
            public int Fours => TAccess.IsRegular ? _length >> 2 : ((_length - 1) >> 2) + 1;

            /// <summary>A four; behind the last feature that again.</summary>
            public RegisterRow Load(int four)
            {
                if (TAccess.IsRegular)
                    return StoredRow<TFormat>.Widen(_fours[four]);
                return new RegisterRow(Feature(four, 0), Feature(four, 1), Feature(four, 2), Feature(four, 3));
            }

            public void Store(int four, RegisterRow features)
            {
                Four<TFormat> stored = StoredRow<TFormat>.Narrow(features);
                if (TAccess.IsRegular)
                {
                    _fours[four] = stored;
                    return;
                }

                _features[4 * four] = stored.A;
                if (IsWithin(four, 1))
                    _features[(4 * four) + 1] = stored.B;
                if (IsWithin(four, 2))
                    _features[(4 * four) + 2] = stored.C;
                if (IsWithin(four, 3))
                    _features[(4 * four) + 3] = stored.D;
            }

            /// <summary>Terms of a four; 0 behind the last feature.</summary>
            public RegisterRow Within(int four, RegisterRow terms)
            {
                if (TAccess.IsRegular)
                    return terms;
                return new RegisterRow(
                    terms.A, Utilities.Select(IsWithin(four, 1), terms.B, 0f),
                    Utilities.Select(IsWithin(four, 2), terms.C, 0f), Utilities.Select(IsWithin(four, 3), terms.D, 0f));
            }

            private bool IsWithin(int four, int place) => (4 * four) + place < _length;

            private float Feature(int four, int place) =>
                TFormat.Widen(_features[Math.Min((4 * four) + place, _length - 1)], 0);
        }
    }
}
