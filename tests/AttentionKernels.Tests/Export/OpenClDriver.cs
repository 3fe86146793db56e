using System.Runtime.InteropServices;
using AttentionKernels.Export;
using ILGPU.Runtime;

namespace AttentionKernels.Tests.Export;

/// <summary>Runs an exported launch as a program with a binding of its own does: plain OpenCL, and nothing of ILGPU.</summary>
internal sealed unsafe partial class OpenClDriver : IForeignDriver
{
    private const string Library = "libOpenCL.so.1";
    private const ulong AnyDevice = 0xFFFFFFFF; // CL_DEVICE_TYPE_ALL
    private const ulong ReadWrite = 1; // CL_MEM_READ_WRITE

    private readonly nint _device;
    private readonly nint _context;
    private readonly nint _queue;
    private readonly List<nint> _memory = [];

    public OpenClDriver()
    {
        nint platform;
        Check(GetPlatforms(1, &platform, 0));
        nint device;
        Check(GetDevices(platform, AnyDevice, 1, &device, 0));
        _device = device;
        _context = CreateContext(0, 1, &device, 0, 0, out int error);
        Check(error);
        _queue = CreateQueue(_context, _device, 0, out error);
        Check(error);
    }

    public byte[] Run(ExportedLaunch launch, IReadOnlyDictionary<int, byte[]> buffers, int output)
    {
        Dictionary<int, nint> memory = buffers.ToDictionary(buffer => buffer.Key, buffer => Allocate(buffer.Value));
        nint program = CreateProgram(_context, 1, [launch.Text], 0, out int error);
        Check(error);
        nint device = _device;
        Check(Build(program, 1, &device, "-cl-std=CL3.0", 0, 0));
        nint kernel = CreateKernel(program, launch.Entry, out error);
        Check(error);
        for (int index = 0; index < launch.Parameters.Count; index++)
        {
            KernelParameter parameter = launch.Parameters[index];
            if (parameter.Memory is { } view)
            {
                nint handle = view.Buffer < 0 ? 0 : memory[view.Buffer];
                Check(SetArgument(kernel, (uint)index, (nuint)sizeof(nint), &handle));
            }
            else
            {
                fixed (byte* value = parameter.Value.Span)
                    Check(SetArgument(kernel, (uint)index, (nuint)parameter.Value.Length, value));
            }
        }

        nuint groupSize = (nuint)launch.Grid.GroupSize;
        nuint items = (nuint)launch.Grid.Groups * groupSize;
        Check(Enqueue(_queue, kernel, 1, null, &items, &groupSize, 0, 0, 0));
        byte[] result = Read(_queue, memory[output], buffers[output].Length);
        Check(ReleaseKernel(kernel));
        Check(ReleaseProgram(program));
        return result;
    }

    /// <summary>Memory of a context of ILGPU's, as another library would have it.</summary>
    public static nint Allocate(Accelerator accelerator, byte[] content)
    {
        nint memory = CreateBuffer(accelerator.NativePtr, ReadWrite, (nuint)content.Length, 0, out int error);
        Check(error);
        Check(Write(((ILGPU.Runtime.OpenCL.CLStream)accelerator.DefaultStream).CommandQueue, memory, 1, 0, (nuint)content.Length, content, 0, 0, 0));
        return memory;
    }

    public static byte[] Read(Accelerator accelerator, nint memory, int length) =>
        Read(((ILGPU.Runtime.OpenCL.CLStream)accelerator.DefaultStream).CommandQueue, memory, length);

    public static void Free(nint memory) => Check(ReleaseMemory(memory));

    public void Dispose()
    {
        foreach (nint memory in _memory)
            Free(memory);
        Check(ReleaseQueue(_queue));
        Check(ReleaseContext(_context));
    }

    private nint Allocate(byte[] content)
    {
        nint memory = CreateBuffer(_context, ReadWrite, (nuint)content.Length, 0, out int error);
        Check(error);
        _memory.Add(memory);
        Check(Write(_queue, memory, 1, 0, (nuint)content.Length, content, 0, 0, 0));
        return memory;
    }

    private static byte[] Read(nint queue, nint memory, int length)
    {
        var content = new byte[length];
        Check(EnqueueRead(queue, memory, 1, 0, (nuint)length, content, 0, 0, 0));
        return content;
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"OpenCL gave the error {error}.");
    }

    [LibraryImport(Library, EntryPoint = "clGetPlatformIDs")]
    private static partial int GetPlatforms(uint count, nint* platforms, nint found);

    [LibraryImport(Library, EntryPoint = "clGetDeviceIDs")]
    private static partial int GetDevices(nint platform, ulong type, uint count, nint* devices, nint found);

    [LibraryImport(Library, EntryPoint = "clCreateContext")]
    private static partial nint CreateContext(nint properties, uint count, nint* devices, nint notify, nint data, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseContext")]
    private static partial int ReleaseContext(nint context);

    [LibraryImport(Library, EntryPoint = "clCreateCommandQueue")]
    private static partial nint CreateQueue(nint context, nint device, ulong properties, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseCommandQueue")]
    private static partial int ReleaseQueue(nint queue);

    [LibraryImport(Library, EntryPoint = "clCreateBuffer")]
    private static partial nint CreateBuffer(nint context, ulong flags, nuint bytes, nint host, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseMemObject")]
    private static partial int ReleaseMemory(nint memory);

    [LibraryImport(Library, EntryPoint = "clEnqueueWriteBuffer")]
    private static partial int Write(
        nint queue, nint memory, uint blocks, nuint offset, nuint bytes, byte[] source, uint waits, nint waitList, nint done);

    [LibraryImport(Library, EntryPoint = "clEnqueueReadBuffer")]
    private static partial int EnqueueRead(
        nint queue, nint memory, uint blocks, nuint offset, nuint bytes, [Out] byte[] target, uint waits, nint waitList, nint done);

    [LibraryImport(Library, EntryPoint = "clCreateProgramWithSource", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint CreateProgram(nint context, uint count, string[] texts, nint lengths, out int error);

    [LibraryImport(Library, EntryPoint = "clBuildProgram", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Build(nint program, uint count, nint* devices, string options, nint notify, nint data);

    [LibraryImport(Library, EntryPoint = "clReleaseProgram")]
    private static partial int ReleaseProgram(nint program);

    [LibraryImport(Library, EntryPoint = "clCreateKernel", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint CreateKernel(nint program, string name, out int error);

    [LibraryImport(Library, EntryPoint = "clReleaseKernel")]
    private static partial int ReleaseKernel(nint kernel);

    [LibraryImport(Library, EntryPoint = "clSetKernelArg")]
    private static partial int SetArgument(nint kernel, uint index, nuint bytes, void* value);

    [LibraryImport(Library, EntryPoint = "clEnqueueNDRangeKernel")]
    private static partial int Enqueue(
        nint queue, nint kernel, uint dimensions, nuint* offset, nuint* items, nuint* groupSize, uint waits, nint waitList, nint done);
}
