# Publishes the platform and pins it in the product; cases may edit files before they source this.
(cd platform && floe platform publish v1.0.0 --registry oci-layout:../registry)
