using AttentionKernels.Formats;
using AttentionKernels.MicroKernels;
using AttentionKernels.Positions.Kernels;
using ILGPU;

namespace AttentionKernels.KeyValueCache.Kernels;

/// <summary>The key or value of one head of a new token, with the angles that a key is rotated by.</summary>
/// <typeparam name="TElement">How it is stored before it comes into a page.</typeparam>
internal struct NewRow<TElement>
    where TElement : unmanaged, IElement<TElement>
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

    /// <summary>An element, rotated if it is a rotary one; NaN without angles.</summary>
    public readonly float Number<TPairs>(int element)
        where TPairs : struct, IRotaryPairs
    {
        if (HasAngles == 0)
            return float.NaN;
        int turned = element - RotaryStart;
        if (turned < 0 || turned >= RotaryDimension)
            return TElement.Widen(Data[Offset + element]);
        int pair = TPairs.Pair(turned, RotaryDimension);
        int first = TPairs.First(pair, RotaryDimension);
        float a = TElement.Widen(Data[Offset + RotaryStart + first]);
        float b = TElement.Widen(Data[Offset + RotaryStart + TPairs.Second(pair, RotaryDimension)]);
        float cosine = Cosine[Angle + pair];
        float sine = Sine[Angle + pair];
        return turned == first ? FusedMultiplyAdd.Fma(a, cosine, -(b * sine)) : FusedMultiplyAdd.Fma(a, sine, b * cosine);
    }
}
