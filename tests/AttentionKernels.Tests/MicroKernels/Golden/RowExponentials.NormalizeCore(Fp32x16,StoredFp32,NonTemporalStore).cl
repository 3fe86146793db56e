{
    // RowExponentials.NormalizeCore<Fp32x16, StoredFp32, NonTemporalStore>
    global float* row = (global float*)var0;
    const float subtrahend = var1;
    const float factor = var2;
    global float* target = (global float*)var3;
    const int count = var4;
    const int streams = ((size_t)(target) & 15) == 0;
    int i = 0;
    for (; i + 16 <= count; i += 16) {
        const float16 d = vload16(0, row + (i)) - subtrahend;
        float16 y;
        {
            const float16 x = d;
            const float16 shifted = fma(x, (float16)as_float(0x3FB8AA3Bu), (float16)as_float(0x4B400000u));
            const float16 n = shifted - as_float(0x4B400000u);
            float16 r = fma(n, (float16)as_float(0xBF318000u), x);
            r = fma(n, (float16)as_float(0x395E8083u), r);
            float16 p = fma((float16)as_float(0x3AB5120Du), r, (float16)as_float(0x3C091CF9u));
            p = fma(p, r, (float16)as_float(0x3D2AAC79u));
            p = fma(p, r, (float16)as_float(0x3E2AAA49u));
            p = fma(p, r, (float16)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float16)1.0f);
            p = fma(p, r, (float16)1.0f);
            p *= as_float16((as_int16(shifted) << 23) + 0x3F800000);
            y = select(p, (float16)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        y = y * factor;
#if defined(__clang__)
        if (streams) {
            __builtin_nontemporal_store(y.lo.lo, (global float4*)(target + i) + 0);
            __builtin_nontemporal_store(y.lo.hi, (global float4*)(target + i) + 1);
            __builtin_nontemporal_store(y.hi.lo, (global float4*)(target + i) + 2);
            __builtin_nontemporal_store(y.hi.hi, (global float4*)(target + i) + 3);
        } else
#endif
        vstore16(y, 0, target + i);
    }
    for (; i < count; i++) {
        const float d = (row)[i] - subtrahend;
        float y;
        {
            const float x = d;
            const float shifted = fma(x, (float)as_float(0x3FB8AA3Bu), (float)as_float(0x4B400000u));
            const float n = shifted - as_float(0x4B400000u);
            float r = fma(n, (float)as_float(0xBF318000u), x);
            r = fma(n, (float)as_float(0x395E8083u), r);
            float p = fma((float)as_float(0x3AB5120Du), r, (float)as_float(0x3C091CF9u));
            p = fma(p, r, (float)as_float(0x3D2AAC79u));
            p = fma(p, r, (float)as_float(0x3E2AAA49u));
            p = fma(p, r, (float)as_float(0x3EFFFFFEu));
            p = fma(p, r, (float)1.0f);
            p = fma(p, r, (float)1.0f);
            p *= as_float((as_int(shifted) << 23) + 0x3F800000);
            y = select(p, (float)0.0f, x < as_float(0xC2AEAC4Fu));
        }
        y = y * factor;
        (target)[i] = y;
    }
}
