using System.Runtime.CompilerServices;
using ILGPU;

namespace AttentionKernels.Formats;

/// <summary>fp32: stored as it is.</summary>
internal readonly struct StoredFp32(float value) : IElement<StoredFp32>
{
    private readonly float _value = value;

    public static string OpenClTarget => "float";

    public static float Largest => float.MaxValue;

    public static string MmaType => "";

    public static int PerWord => 1;

    public static bool IsSingle => true;

    public static float Widen(uint word, int place) => Interop.IntAsFloat(word);

    public static float Widen(StoredFp32 stored) => stored._value;

    public static StoredFp32 Narrow(float value) => new(value);

    // No CopyTo: without tiered compilation it stays the runtime's precompiled SSE code, and each change between SSE and AVX while upper
    // halves of registers are in use costs some hundred cycles: prefill took 15 % longer. Inlined, it leaves no call in the caller's loop.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow(ReadOnlySpan<float> source, Span<StoredFp32> target)
    {
        for (int index = 0; index < source.Length; index++)
            target[index] = new(source[index]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static TVector IFormat<StoredFp32>.Widen<TVector>(ref StoredFp32 row, nint first) =>
        TVector.Load(ref Unsafe.As<StoredFp32, float>(ref row), first);

    public static string OpenClLoad(int lanes, string pointer, string first) => $"vload{lanes}(0, {pointer} + ({first}))";

    public static string OpenClLoad(string pointer, string number) => $"({pointer})[{number}]";

    public static string OpenClStore(string value, string index, string pointer) => $"({pointer})[{index}] = {value};";

    public static string OpenClStore(int lanes, string vector, string pointer) => $"vstore{lanes}({vector}, 0, {pointer});";
}
