using System.Runtime.CompilerServices;
using AttentionKernels.Simd;

namespace AttentionKernels.Formats;

/// <summary>A unit of numbers that are known to be finite, which vectors of them become fp32 faster by.</summary>
internal readonly struct Finite<TFormat>(TFormat unit) : IFormat<Finite<TFormat>>
    where TFormat : unmanaged, IFormat<TFormat>
{
    private readonly TFormat _unit = unit;

    public static int PerUnit => TFormat.PerUnit;

    public static ScalePlace Scale => TFormat.Scale;

    public static string OpenClTarget => TFormat.OpenClTarget;

    public static float Widen(Finite<TFormat> unit, int place) => TFormat.Widen(unit._unit, place);

    /// <summary>A vector of numbers of a row, as if they were finite.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static TVector Widen<TVector>(ref TFormat row, nint first)
        where TVector : struct, IVector<TVector> => TFormat.WidenFinite<TVector>(ref row, first);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<Finite<TFormat>>.Widen<TVector>(ref Finite<TFormat> row, nint first) =>
        Widen<TVector>(ref Unsafe.As<Finite<TFormat>, TFormat>(ref row), first);

    public static string OpenClLoad(int lanes, string pointer, string first) => TFormat.OpenClLoad(lanes, pointer, first);

    public static string OpenClLoad(string pointer, string number) => TFormat.OpenClLoad(pointer, number);
}
