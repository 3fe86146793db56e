using AttentionKernels.MicroKernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

internal static partial class AppendModule<TElement, TKey, TValue, TPairs>
{
    /// <summary>The key or value of one head of a new token, with the angles that a key is rotated by.</summary>
    internal struct NewRow
    {
        public ArrayView<TElement> Data;
        public ArrayView<float> Cosine;
        public ArrayView<float> Sine;

        /// <summary>Where its elements begin.</summary>
        public long Offset;

        /// <summary>Where the angles of the token's position begin.</summary>
        public long Angle;

        /// <summary>The rotary dimension: how many of its elements are rotated.</summary>
        public int RotaryDimension;

        /// <summary>The first of them.</summary>
        public int RotaryStart;

        /// <summary>0 where the token's position is not in the table.</summary>
        public int HasAngles;

        /// <summary>Whether an element is one that is rotated.</summary>
        public readonly bool IsRotated(int element) => RotaryDimension != 0 && (uint)(element - RotaryStart) < (uint)RotaryDimension;

        /// <summary>An element, rotated if it is a rotary one; NaN without angles.</summary>
        public readonly float Number(int element)
        {
            if (HasAngles == 0)
                return float.NaN;
            if (!IsRotated(element))
                return TElement.Widen(Data[Offset + element]);
            int turned = element - RotaryStart;
            int pair = TPairs.Pair(turned, RotaryDimension);
            int first = TPairs.First(pair, RotaryDimension);
            float a = TElement.Widen(Data[Offset + RotaryStart + first]);
            float b = TElement.Widen(Data[Offset + RotaryStart + TPairs.Second(pair, RotaryDimension)]);
            float cosine = Cosine[Angle + pair];
            float sine = Sine[Angle + pair];
            return turned == first ? FusedMultiplyAdd.Fma(a, cosine, -(b * sine)) : FusedMultiplyAdd.Fma(a, sine, b * cosine);
        }

        /// <summary>Four elements from a multiple of four on, as <see cref="Number"/> gives them, of rows that are regular.</summary>
        public readonly RegisterRow Four(int element)
        {
            if (HasAngles == 0)
                return new RegisterRow(float.NaN, float.NaN, float.NaN, float.NaN);
            if (!IsRotated(element))
                return Fours(element);
            int turned = element - RotaryStart;
            int pair = TPairs.Pair(turned, RotaryDimension);
            if (TPairs.AreNeighbours)
            {
                RegisterRow pairs = Fours(element);
                ArrayView<float> cosine = Cosine.SubView(Angle + pair);
                ArrayView<float> sine = Sine.SubView(Angle + pair);
                return new RegisterRow(
                    FusedMultiplyAdd.Fma(pairs.A, cosine[0], -(pairs.B * sine[0])),
                    FusedMultiplyAdd.Fma(pairs.A, sine[0], pairs.B * cosine[0]),
                    FusedMultiplyAdd.Fma(pairs.C, cosine[1], -(pairs.D * sine[1])),
                    FusedMultiplyAdd.Fma(pairs.C, sine[1], pairs.D * cosine[1]));
            }

            RegisterRow a = Fours(RotaryStart + TPairs.First(pair, RotaryDimension));
            RegisterRow b = Fours(RotaryStart + TPairs.Second(pair, RotaryDimension));
            RegisterRow cosines = Cosine.Cast<RegisterRow>().SubView(Angle >> 2)[pair >> 2];
            RegisterRow sines = Sine.Cast<RegisterRow>().SubView(Angle >> 2)[pair >> 2];
            return turned == pair
                ? b.Multiply(sines).Negate().MultiplyAdd(a, cosines)
                : b.Multiply(cosines).MultiplyAdd(a, sines);
        }

        private readonly RegisterRow Fours(int element) =>
            StoredRow<TElement>.Widen(Data.Cast<Four<TElement>>().SubView(Offset >> 2)[element >> 2]);
    }
}
