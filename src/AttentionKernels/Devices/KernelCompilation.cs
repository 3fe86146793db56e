using System.Reflection;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Drivers;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Devices;

/// <summary>Compiles kernels and hands them to the driver.</summary>
internal static class KernelCompilation
{
    private static readonly PropertyInfo _entryPoint =
        typeof(CompiledKernel).GetProperty("EntryPoint", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        ?? throw new NotSupportedException("This version of ILGPU has no CompiledKernel.EntryPoint; AttentionKernels needs ILGPU 1.5.3.");

    private static readonly ConstructorInfo _ptxKernel =
        typeof(PTXCompiledKernel).GetConstructor(
            BindingFlags.Instance | BindingFlags.NonPublic,
            [typeof(Context), typeof(EntryPoint), typeof(CompiledKernel.KernelInfo), typeof(string)])
        ?? throw new NotSupportedException(
            "This version of ILGPU has no constructor of a PTXCompiledKernel; AttentionKernels needs ILGPU 1.5.3.");

    /// <summary>Compiles a kernel whose work groups the launch states, and hands it to the driver.</summary>
    /// <typeparam name="TLauncher">An action of stream, configuration and the entry's arguments.</typeparam>
    /// <param name="device">What runs it.</param>
    /// <param name="name">The kernel's name, for people to read.</param>
    /// <param name="entry">What every work item calls.</param>
    /// <param name="dynamicSharedBytes">The dynamic shared memory of a launch, on CUDA.</param>
    /// <exception cref="InvalidOperationException"><see cref="KernelDump"/> is asked for and cannot be written.</exception>
    public static TLauncher Load<TLauncher>(AttentionDevice device, string name, Delegate entry, int dynamicSharedBytes = 0)
        where TLauncher : Delegate
    {
        var description = EntryPointDescription.FromExplicitlyGroupedKernel(entry.Method);
        CompiledKernel compiled = device.Compiled(name, () => Mend(device.Accelerator.GetBackend().Compile(description, default)));
        Dump(compiled, name);
        Kernel kernel = device.Accelerator.LoadKernel(compiled);
        if (dynamicSharedBytes > 0 && kernel is CudaKernel cuda)
            CudaApi.AllowDynamicSharedMemory(cuda.FunctionPtr, dynamicSharedBytes);
        return kernel.CreateLauncherDelegate<TLauncher>();
    }

    /// <summary>What a launcher that <see cref="Load"/> has made launches; none of no launcher.</summary>
    public static CompiledKernel? Compiled(Delegate? launcher) => (launcher?.Target as Kernel)?.CompiledKernel;

    /// <summary>The kernel with its text as drivers should get it.</summary>
    public static CompiledKernel Mend(CompiledKernel compiled) => compiled switch
    {
        CLCompiledKernel openCl => new CLCompiledKernel(
            openCl.Context, (SeparateViewEntryPoint)_entryPoint.GetValue(openCl)!, openCl.Info,
            OpenClSource.WithStableNames(OpenClSource.WithSigns(openCl.Source), openCl.Name), openCl.CVersion),
        PTXCompiledKernel cuda => WithText(cuda, PtxSource.WithDivergentBranches(cuda.PTXAssembly)),
        _ => compiled,
    };

    /// <summary>The kernel with another text, for the same arguments.</summary>
    public static PTXCompiledKernel WithText(PTXCompiledKernel kernel, string ptx) =>
        (PTXCompiledKernel)_ptxKernel.Invoke([kernel.Context, _entryPoint.GetValue(kernel), kernel.Info, ptx]);

    private static void Dump(CompiledKernel compiled, string name)
    {
        if (compiled is CLCompiledKernel openCl)
            KernelDump.Write("opencl", name, ".cl", openCl.Source);
        else if (compiled is PTXCompiledKernel cuda)
            KernelDump.Write("cuda", name, ".ptx", cuda.PTXAssembly);
    }
}
