{
    // BlockGather.GatherCore<StoredInt8, Fp32x16>
    global char* source = (global char*)var0;
    global long* offsets = var1;
    global float* target = var2;
    const int blockStride = var3;
    const int rows = var4;
    const int count = var5;
    float8 products = 0.0f;
    float tail = 0.0f;
    const int whole = count / 8;
    for (int row = 0; row < rows; row++) {
        const global char* s = source + offsets[row];
        global float* t = target + (long)row * 8;
        for (int block = 0; block < whole; block++, t += blockStride) {
            const float8 values = convert_float8(vload8(0, s + (block * 8)));
            products = fma(values, (float8)0.0f, products);
            vstore8(values, 0, t);
        }
        if (whole * 8 < count)
        for (int column = 0; column < 8; column++) {
            const int i = whole * 8 + column;
            const float value = i < count ? (float)(s)[i] : 0.0f;
            tail += value * 0.0f;
            t[column] = value;
        }
    }
    { const float4 h8 = products.lo + products.hi; { const float2 h4 = h8.lo + h8.hi; var6 = (h4.x + h4.y) + tail; } }
}
