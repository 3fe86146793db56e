using AttentionKernels.CodeGeneration;
using ILGPU.Backends.PTX;
using ILGPU.IR;
using ILGPU.IR.Intrinsics;

namespace AttentionKernels.MicroKernels.Warp;

/// <summary>Addresses as numbers, for instructions that take them, and accesses of several elements at them.</summary>
internal static class MemoryAddress
{
    /// <summary>The address of an element within shared memory: 32 bits, which take one register.</summary>
    [IntrinsicImplementation]
    public static int OfShared(ref long element) => throw CudaOnly.Refusal;

    /// <summary>The address of an element of global memory.</summary>
    [IntrinsicImplementation]
    public static long OfGlobal<T>(ref T element) => throw CudaOnly.Refusal;

    /// <summary>Stores 4 bytes to shared memory.</summary>
    [IntrinsicImplementation]
    public static void StoreShared(int address, uint value) => throw CudaOnly.Refusal;

    /// <summary>Loads 16 bytes from shared memory.</summary>
    [IntrinsicImplementation]
    public static FragmentA LoadShared(int address) => throw CudaOnly.Refusal;

    /// <summary>Loads 8 bytes from shared memory.</summary>
    [IntrinsicImplementation]
    public static FragmentB LoadSharedTwo(int address) => throw CudaOnly.Refusal;

    /// <summary>Loads 4 bytes from shared memory.</summary>
    [IntrinsicImplementation]
    public static uint LoadSharedOne(int address) => throw CudaOnly.Refusal;

    /// <summary>Stores 16 bytes to shared memory.</summary>
    [IntrinsicImplementation]
    public static void StoreSharedFour(int address, FragmentA value) => throw CudaOnly.Refusal;

    /// <summary>Loads 16 bytes from global memory.</summary>
    [IntrinsicImplementation]
    public static FragmentA LoadGlobalFour(long address) => throw CudaOnly.Refusal;

    /// <summary>Loads 8 bytes from global memory.</summary>
    [IntrinsicImplementation]
    public static FragmentB LoadGlobalTwo(long address) => throw CudaOnly.Refusal;

    /// <summary>Loads 4 bytes from global memory.</summary>
    [IntrinsicImplementation]
    public static uint LoadGlobalOne(long address) => throw CudaOnly.Refusal;

    /// <summary>Stores 16 bytes to global memory.</summary>
    [IntrinsicImplementation]
    public static void StoreGlobal(long address, FragmentA value) => throw CudaOnly.Refusal;

    /// <summary>Loads 2 bytes from global memory.</summary>
    [IntrinsicImplementation]
    public static uint LoadGlobalShort(long address) => throw CudaOnly.Refusal;

    /// <summary>Loads a byte from global memory.</summary>
    [IntrinsicImplementation]
    public static uint LoadGlobalByte(long address) => throw CudaOnly.Refusal;

    /// <summary>Stores the lower 2 bytes to global memory.</summary>
    [IntrinsicImplementation]
    public static void StoreGlobalShort(long address, uint value) => throw CudaOnly.Refusal;

    // ILGPU's pointers to shared memory are 64 bits wide, and count from its beginning.
    private static void OfSharedPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("cvt.u32.u64 $result, $element;");

    private static void OfGlobalPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("mov.b64 $result, $element;");

    private static void StoreSharedPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("st.shared.b32 [$address], $value;");

    private static void LoadSharedPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.shared.v4.b32 {$result}, [$address];");

    private static void LoadSharedTwoPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.shared.v2.b32 {$result}, [$address];");

    private static void LoadSharedOnePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.shared.b32 $result, [$address];");

    private static void StoreSharedFourPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("st.shared.v4.b32 [$address], {$value};");

    private static void LoadGlobalFourPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.global.v4.b32 {$result}, [$address];");

    private static void LoadGlobalTwoPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.global.v2.b32 {$result}, [$address];");

    private static void LoadGlobalOnePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.global.b32 $result, [$address];");

    private static void LoadGlobalShortPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.global.u16 $result, [$address];");

    private static void LoadGlobalBytePtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("ld.global.u8 $result, [$address];");

    private static void StoreGlobalShortPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("st.global.b16 [$address], $value;");

    private static void StoreGlobalPtx(PTXBackend backend, PTXCodeGenerator generator, Value call) =>
        new PtxBody(generator, call).Write("st.global.v4.b32 [$address], {$value};");
}
