using System.Collections.Immutable;
using System.Reflection;
using AttentionKernels.CodeGeneration;
using AttentionKernels.Drivers;
using ILGPU;
using ILGPU.Backends;
using ILGPU.Backends.EntryPoints;
using ILGPU.Backends.OpenCL;
using ILGPU.Backends.PTX;
using ILGPU.IR.Transformations;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace AttentionKernels.Devices;

/// <summary>
/// Makes ILGPU's optimiser safe: every backend runs without the <see cref="CodePlacement"/> pass.
/// </summary>
/// <remarks>
/// At optimisation level O2 that pass of ILGPU 1.5.3 may move a load past a later store, a barrier or an intrinsic without a result
/// (its side-effect analysis never looks at the last memory operation of a block). In a loop of
/// <c>int v = a[t]; a[t] = i + 1; sum += v;</c> the store then comes first. Without the pass the results are right and the code is
/// as fast. The set of transformers has no public setter, hence the reflection; a change of ILGPU's internals is reported as such
/// and never ignored.
/// </remarks>
internal static class KernelCompilation
{
    private static readonly PropertyInfo _transformers =
        typeof(Backend).GetProperty("KernelTransformers", BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
        ?? throw new NotSupportedException("This version of ILGPU has no Backend.KernelTransformers; AttentionKernels needs ILGPU 1.5.3.");

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

    /// <summary>Takes the faulty pass out of <paramref name="backend"/>. Kernels compiled earlier stay as they are.</summary>
    public static void RemoveCodePlacement(Backend backend)
    {
        var transformers = (ImmutableArray<Transformer>)_transformers.GetValue(backend)!;
        _transformers.SetValue(backend, transformers.Select(WithoutCodePlacement).ToImmutableArray());
    }

    private static void Dump(CompiledKernel compiled, string name)
    {
        if (compiled is CLCompiledKernel openCl)
            KernelDump.Write("opencl", name, ".cl", openCl.Source);
        else if (compiled is PTXCompiledKernel cuda)
            KernelDump.Write("cuda", name, ".ptx", cuda.PTXAssembly);
    }

    private static Transformer WithoutCodePlacement(Transformer transformer)
    {
        Transformer.Builder builder = Transformer.CreateBuilder(transformer.Configuration);
        foreach (Transformation pass in transformer.Transformations)
        {
            if (pass is not CodePlacement)
                builder.Add(pass);
        }

        return builder.ToTransformer();
    }
}
