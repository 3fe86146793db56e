using System.Runtime.InteropServices;
using System.Text;
using AttentionKernels.Export;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.Export;

/// <summary>Runs an exported launch as a program with a binding of its own does: CUDA's driver API, and nothing of ILGPU.</summary>
internal sealed partial class CudaDriver : IForeignDriver
{
    private const string Library = "libcuda.so.1";

    private readonly nint _context;
    private readonly List<nint> _memory = [];

    public CudaDriver()
    {
        Check(Init(0));
        Check(ContextGet(out nint before));
        Check(ContextCreate(out _context, 0, 0));
        Check(ContextSet(before));
    }

    /// <summary>Launches a kernel over memory of its own, and gives back what a buffer holds then.</summary>
    public unsafe byte[] Run(ExportedLaunch launch, IReadOnlyDictionary<int, byte[]> buffers, int output)
    {
        using ScopedBinding binding = Bind(_context);
        Dictionary<int, nint> memory = buffers.ToDictionary(buffer => buffer.Key, buffer => Allocate(buffer.Value));
        Check(ModuleLoad(out nint module, Encoding.ASCII.GetBytes(launch.Text + '\0')));
        Check(ModuleGetFunction(out nint function, module, launch.Entry));
        var block = new List<byte>();
        foreach (KernelParameter parameter in launch.Parameters)
        {
            byte[] bytes = parameter.Value.ToArray();
            foreach (ArgumentField field in parameter.Fields)
            {
                if (field.Memory is { Buffer: >= 0 } view)
                    BitConverter.TryWriteBytes(bytes.AsSpan(field.Offset), memory[view.Buffer] + (nint)view.ByteOffset);
            }

            while (block.Count % parameter.Alignment != 0)
                block.Add(0);
            block.AddRange(bytes);
        }

        nint length = block.Count;
        fixed (byte* start = CollectionsMarshal.AsSpan(block))
        {
            // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE and CU_LAUNCH_PARAM_END.
            nint* arguments = stackalloc nint[] { 1, (nint)start, 2, (nint)(&length), 0 };
            LaunchGrid grid = launch.Grid;
            Check(Launch(function, (uint)grid.Groups, 1, 1, (uint)grid.GroupSize, 1, 1, (uint)launch.DynamicSharedBytes, 0, 0, (nint)arguments));
        }

        Check(Synchronize());
        byte[] result = Read(memory[output], buffers[output].Length);
        Check(ModuleUnload(module));
        return result;
    }

    /// <summary>Memory of a context of ILGPU's, as another library would have it.</summary>
    public static nint Allocate(Accelerator accelerator, byte[] content)
    {
        using ScopedBinding binding = Bind(accelerator.NativePtr);
        Check(MemoryAllocate(out nint pointer, (nuint)content.Length));
        Check(CopyToDevice(pointer, content, (nuint)content.Length));
        return pointer;
    }

    public static byte[] Read(Accelerator accelerator, nint pointer, int length)
    {
        using ScopedBinding binding = Bind(accelerator.NativePtr);
        return Read(pointer, length);
    }

    public static void Free(Accelerator accelerator, nint pointer)
    {
        using ScopedBinding binding = Bind(accelerator.NativePtr);
        Check(MemoryFree(pointer));
    }

    public void Dispose()
    {
        using (Bind(_context))
        {
            foreach (nint pointer in _memory)
                Check(MemoryFree(pointer));
        }

        Check(ContextDestroy(_context));
    }

    private nint Allocate(byte[] content)
    {
        Check(MemoryAllocate(out nint pointer, (nuint)content.Length));
        _memory.Add(pointer);
        Check(CopyToDevice(pointer, content, (nuint)content.Length));
        return pointer;
    }

    private static byte[] Read(nint pointer, int length)
    {
        var content = new byte[length];
        Check(CopyToHost(content, pointer, (nuint)length));
        return content;
    }

    private static ScopedBinding Bind(nint context)
    {
        Check(ContextGet(out nint before));
        Check(ContextSet(context));
        return new ScopedBinding(before);
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"CUDA's driver gave the error {error}.");
    }

    // Gives a thread the context back that it had: ILGPU knows it by what it set itself.
    private readonly struct ScopedBinding(nint before) : IDisposable
    {
        public void Dispose() => Check(ContextSet(before));
    }

    [LibraryImport(Library, EntryPoint = "cuInit")]
    private static partial int Init(uint flags);

    [LibraryImport(Library, EntryPoint = "cuCtxCreate_v2")]
    private static partial int ContextCreate(out nint context, uint flags, int device);

    [LibraryImport(Library, EntryPoint = "cuCtxDestroy_v2")]
    private static partial int ContextDestroy(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxSetCurrent")]
    private static partial int ContextSet(nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxGetCurrent")]
    private static partial int ContextGet(out nint context);

    [LibraryImport(Library, EntryPoint = "cuCtxSynchronize")]
    private static partial int Synchronize();

    [LibraryImport(Library, EntryPoint = "cuModuleLoadData")]
    private static partial int ModuleLoad(out nint module, byte[] image);

    [LibraryImport(Library, EntryPoint = "cuModuleUnload")]
    private static partial int ModuleUnload(nint module);

    [LibraryImport(Library, EntryPoint = "cuModuleGetFunction", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ModuleGetFunction(out nint function, nint module, string name);

    [LibraryImport(Library, EntryPoint = "cuMemAlloc_v2")]
    private static partial int MemoryAllocate(out nint pointer, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemFree_v2")]
    private static partial int MemoryFree(nint pointer);

    [LibraryImport(Library, EntryPoint = "cuMemcpyHtoD_v2")]
    private static partial int CopyToDevice(nint target, byte[] source, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuMemcpyDtoH_v2")]
    private static partial int CopyToHost([Out] byte[] target, nint source, nuint bytes);

    [LibraryImport(Library, EntryPoint = "cuLaunchKernel")]
    private static partial int Launch(
        nint function, uint gridX, uint gridY, uint gridZ, uint blockX, uint blockY, uint blockZ, uint sharedBytes, nint stream, nint parameters, nint extra);
}
