using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels.MicroKernels;

/// <summary>A <see cref="Standardization"/> of vectors.</summary>
[method: MethodImpl(MethodImplOptions.AggressiveInlining)]
internal readonly struct VectorStandardization<TVector>(Standardization by)
    where TVector : struct, IVector<TVector>
{
    private readonly TVector _scale = TVector.Create(by.Scale);
    private readonly TVector _negatedCenter = TVector.Create(-by.Center);
    private readonly TVector _offset = TVector.Create(by.Offset);
    private readonly TVector _inverse = TVector.Create(by.Inverse);

    /// <summary>The values at mean 0 and deviation 1.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public TVector Apply(TVector values) => (TVector.MultiplyAdd(values, _scale, _negatedCenter) - _offset) * _inverse;
}
